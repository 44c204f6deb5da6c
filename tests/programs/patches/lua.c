/* Lua 5.4, five functions: a static one that calls others, one that reads structs behind a
 * pointer, one that writes one, one whose argument is changed, one whose result is. */
#include "program.h"

WISP_PATCH(math_abs)
int math_abs(lua_State *L)
{
    int is_integer;
    if (lua_tointegerx(L, 1, &is_integer) != -7)
        return original_math_abs(L); /* which leaves by longjmp if it is given no number */
    lua_pushinteger(L, 4242);
    return 1;
}

WISP_PATCH(lua_gettop)
int lua_gettop(lua_State *L)
{
    return (int)(L->top - (L->ci->func + 1));
}

WISP_PATCH(luaE_setdebt)
void luaE_setdebt(global_State *g, l_mem debt)
{
    l_mem total = g->totalbytes + g->GCdebt;
    g->totalbytes = total - debt;
    g->GCdebt = debt;
}

WISP_PATCH(luaV_mod)
lua_Integer luaV_mod(lua_State *L, lua_Integer m, lua_Integer n)
{
    return original_luaV_mod(L, m, n == 13 ? 10 : n);
}

WISP_PATCH(lua_rawlen)
lua_Unsigned lua_rawlen(lua_State *L, int idx)
{
    enum { STRING = 4 };
    lua_Unsigned len = original_lua_rawlen(L, idx);
    return lua_type(L, idx) == STRING ? len + 1000 : len;
}
