#include "kernel.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

/*
 * The interpreter of Lua 5.4, linked with this file, that runs a script: tables, strings,
 * closures, floats and its garbage collector. bench/lua builds it; an error in the script ends
 * the program, since modules have no setjmp.
 */

static const char SCRIPT[] =
    "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\n"
    "local function sieve(n)\n"
    "  local composite, count = {}, 0\n"
    "  for i = 2, n do\n"
    "    if not composite[i] then\n"
    "      count = count + 1\n"
    "      for k = i * i, n, i do composite[k] = true end\n"
    "    end\n"
    "  end\n"
    "  return count\n"
    "end\n"
    "local Account = {}\n"
    "Account.__index = Account\n"
    "function Account:pay(x) self.sum = self.sum + x; return self end\n"
    "local function objects(n)\n"
    "  local all, total = {}, 0\n"
    "  for i = 1, n do all[i] = setmetatable({sum = 0, name = 'a' .. i}, Account) end\n"
    "  for _, one in ipairs(all) do total = total + one:pay(#one.name):pay(0.5).sum end\n"
    "  return total\n"
    "end\n"
    "local function words(n)\n"
    "  local counts, keys, parts = {}, {}, {}\n"
    "  for i = 1, n do parts[i] = 'w' .. (i * 7919 % 97) end\n"
    "  for w in table.concat(parts, ' '):gmatch('%a%d+') do counts[w] = (counts[w] or 0) + 1 end\n"
    "  for w in pairs(counts) do keys[#keys + 1] = w end\n"
    "  table.sort(keys)\n"
    "  local sum = 0\n"
    "  for i, w in ipairs(keys) do sum = sum + i * counts[w] + #string.format('%s=%d', w, i) end\n"
    "  return sum\n"
    "end\n"
    "function run(n)\n"
    "  local sum = 0\n"
    "  for i = 1, n do\n"
    "    sum = sum * 31 + fib(14 + i % 3) + sieve(2000) + objects(200) + words(300)\n"
    "    sum = math.tointeger(sum % 16777213)\n"
    "  end\n"
    "  return sum\n"
    "end\n";

static void *resize(void *user, void *block, size_t old_size, size_t size)
{
    (void)user, (void)old_size;
    if (size > 0)
        return realloc(block, size);
    free(block);
    return NULL;
}

u32 run(u32 rounds)
{
    lua_State *lua = lua_newstate(resize, NULL);
    luaL_requiref(lua, "_G", luaopen_base, 1);
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 1);
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    if (luaL_loadbuffer(lua, SCRIPT, sizeof SCRIPT - 1, "script"))
        abort();
    lua_call(lua, 0, 0);
    lua_getglobal(lua, "run");
    lua_pushinteger(lua, (lua_Integer)rounds);
    lua_call(lua, 1, 1);
    u32 sum = (u32)lua_tointeger(lua, -1);
    lua_close(lua);
    return sum;
}
