#include "plan.h"

/* What the functions that are bound need; what only those need that were refused is left out. */

static void use_element(plan_element *element, unsigned uses);

/* What [uses] of a struct need of its fields, the [len] at [items]. */
static void use_fields(plan_item *items, size_t len, unsigned uses)
{
    for (size_t i = 0; i < len; i++) {
        plan_item *item = &items[i];
        bool is_in_place = item->shape != SHAPE_OBJECTS;
        if (item->handle)
            item->handle->is_used = true;
        if (item->element && (uses & USE_READ))
            use_element(item->element, is_in_place ? USE_READ : USE_GET);
        if (item->element && (uses & USE_WRITE))
            use_element(item->element, is_in_place ? USE_WRITE : USE_PACK);
        use_fields(item->of, item->of_len, uses);
    }
}

static void use_element(plan_element *element, unsigned uses)
{
    if ((uses & USE_GET) && !element->is_alike)
        uses |= USE_READ;
    if ((uses & USE_PACK) && !element->is_dense)
        uses |= USE_WRITE;
    element->uses |= uses;
    use_fields(element->fields, element->field_len, uses);
}

/* What a function of the program's leaves alone stays as it was; so even what it fills is fetched
 * first, but where there are pointers in it. */
static unsigned uses_of(const plan_function *f, const plan_item *item)
{
    bool has_pointers = item->element->has_pointers;
    if (f->is_callback)
        return item->way == WAY_IN ? USE_PACK : USE_PACK | USE_GET;
    if (item->way == WAY_IN)
        return USE_GET;
    return has_pointers ? USE_PACK : USE_PACK | USE_GET;
}

static void use_function(plan_function *f)
{
    for (size_t i = 0; i < f->param_len; i++) {
        plan_item *item = &f->params[i];
        if (item->handle)
            item->handle->is_used = true;
        if (item->shape == SHAPE_OBJECTS)
            use_element(item->element, uses_of(f, item));
        if (item->callback && !item->callback->is_used) {
            item->callback->is_used = true;
            use_function(&item->callback->function);
        }
    }
    if (f->result.handle)
        f->result.handle->is_used = true;
    if (f->result.shape == SHAPE_OBJECTS)
        use_element(f->result.element, USE_PACK);
}

void plan_uses(plan *p)
{
    for (size_t i = 0; i < p->functions.len; i++)
        use_function(p->functions.items[i]);
}
