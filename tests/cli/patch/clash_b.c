struct item {
    long weight, price;
};

typedef struct {
    struct item item;
    int rest;
} label;

int b_get(const label *label);

__attribute__((noinline)) int b_get(const label *label)
{
    return (int)(label->item.weight + label->item.price) + label->rest;
}
