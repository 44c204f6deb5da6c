// Functions of C++ of which the catalogue must find out how they are called.

namespace ns {

struct Base {
    virtual ~Base() {}
    virtual int area(int k) const = 0;
    int tag;
};

struct Shape : Base {
    explicit Shape(int w);
    int area(int k) const override;
    template <class T> T scale(T t) const;
    int w;
    static int count;
};

// Not trivial: passed by its address.
struct Owner {
    Owner(const Owner &other) : p(other.p) { Shape::count++; }
    explicit Owner(int *p) : p(p) {}
    int *p;
};

// Trivial: passed in registers.
struct Pair {
    long a;
    double b;
};

// With a virtual base, so that one of its constructors takes one argument more.
struct Diamond : virtual Base {
    explicit Diamond(int a);
    int area(int) const override;
    int z;
};

enum class Kind : unsigned char { A, B };

int Shape::count = 2;

Shape::Shape(int w) : w(w) { tag = 1; }
int Shape::area(int k) const { return w * k + count; }
template <class T> T Shape::scale(T t) const { return t * w; }
template int Shape::scale<int>(int) const;
template double Shape::scale<double>(double) const;

Diamond::Diamond(int a) : z(a) {}
int Diamond::area(int k) const { return z + k; }

__attribute__((noinline)) int take(Owner o, int k) { return *o.p + k; }
__attribute__((noinline)) Owner give(int *p) { return Owner(p); }
__attribute__((noinline)) long take(const Shape &s, long q) { return s.area((int)q); }
__attribute__((noinline)) double take(Pair p, Kind k) { return p.a + p.b + (int)k + Shape::count; }

} // namespace ns

int main(int argc, char **)
{
    int x = argc;
    ns::Shape s(argc);
    ns::Diamond d(3);
    return ns::take(ns::Owner(&x), 3) + (int)ns::take(s, argc) + *ns::give(&x).p + s.scale(2) +
           (int)s.scale(2.0) + d.area(2) + (int)ns::take(ns::Pair{1, 2.5}, ns::Kind::B);
}
