// Names, types and calls as C++ has them.
#include <cstdio>
#include <string>
#include <vector>

#define KEPT __attribute__((noinline))

namespace geo {

enum class kind : unsigned char { circle, square };

struct point {
    double x, y;
    KEPT double scale(double by) const { return (x + y) * by; }
};

class shape {
  public:
    explicit shape(kind k) : kind_(k) {}
    virtual ~shape() {}
    virtual double area() const = 0;
    kind kind_;
};

class square : public shape {
  public:
    explicit square(point p) : shape(kind::square), at(p) {}
    KEPT double area() const override;
    point at;
    std::vector<int> edges;
    int restrict = 3, _Bool = 4;
};

KEPT double square::area() const
{
    return at.x * at.y + restrict + _Bool;
}

KEPT int area(const square &s)
{
    return static_cast<int>(s.area());
}

KEPT int area(int side)
{
    return side * side;
}

KEPT int length(std::string text) // which comes as its address
{
    return static_cast<int>(text.size());
}

} // namespace geo

extern "C" KEPT int plain(int typeof_, const geo::point *p)
{
    return typeof_ + static_cast<int>(p->scale(2));
}

int main()
{
    geo::square s(geo::point{2, 3});
    std::printf("%d %d %d %d %g\n", geo::area(s), geo::area(4), geo::length("four"), plain(1, &s.at),
                s.area());
}
