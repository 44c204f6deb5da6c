-- What Lua is made of, with what came of it printed: the same on every build.

print('errors')
print(pcall(error, 'plain'))
print(pcall(error))
print(select(2, pcall(function() local t = nil; return t.x end)))
print(xpcall(function() error('inner', 0) end, function(text) return 'handled ' .. text end))
print(pcall(string.rep, 'x', -1))
print(pcall(string.rep))
local depth = 0
local function deep() depth = depth + 1; return 1 + deep() end
print(pcall(deep), depth > 1000)
for _ = 1, 1000 do pcall(error, 'again') end
print(select(2, pcall(function()
    return select(2, pcall(function() error('twice', 0) end)) .. ' caught'
end)))

print('coroutines')
local function numbers(n) for i = 1, n do coroutine.yield(i) end end
local sum = 0
for i in coroutine.wrap(function() numbers(1000) end) do sum = sum + i end
print(sum)
local co = coroutine.create(function(a)
    local ok, text = pcall(function() local b = coroutine.yield(a + 1); error('got ' .. b, 0) end)
    return ok, text
end)
print(coroutine.resume(co, 1))
print(coroutine.resume(co, 'more'))
print(coroutine.status(co))

print('numbers and strings')
print(1 // 0.0, -7 // 2, -7 % 3, 7.0 % -3, 2 ^ 0.5, 1e308 * 10, 0x7fffffffffffffff + 1)
print(string.format('%5.2f|%-8s|%x|%q|%g', math.pi, 'left', 255, 'a\n"b"', 1e20))
print(math.type(3), math.type(3.0), 10 / 2, 3 | 4, ~0, 1 << 62)
print(('hello world'):gsub('o', '0'), ('a,b,,c'):find(',', 1, true))
for word, rest in ('key = value'):gmatch('(%w+)%s*=%s*(%w+)') do print(word, rest) end
print(#utf8.char(228, 8364, 128512), utf8.len('äöü'))
print(string.pack('<i4d', 1, 2.5):byte(1, -1))

print('tables')
local t = {}
for i = 1, 10000 do t[i] = (i * 7919) % 10007 end
table.sort(t)
print(t[1], t[5000], t[10000], #t)
local counted = setmetatable({}, {__index = function(_, k) return k * 2 end, __len = function() return 42 end})
print(counted[21], #counted, table.concat({1, 2, 3}, '-'), select('#', table.unpack({1, nil, 3}, 1, 3)))

print('garbage')
local weak = setmetatable({}, {__mode = 'v'})
for i = 1, 1000 do weak[i] = {i} end
collectgarbage()
local left = 0
for _ in pairs(weak) do left = left + 1 end
print(left)

print('goto, closures, load')
do
    local i = 0
    ::again::
    i = i + 1
    if i < 10 then goto again end
    print(i)
end
local makers = {}
for i = 1, 3 do makers[i] = function() i = i + 1; return i end end
print(makers[1](), makers[1](), makers[2]())
print(load('return 1 + ...')(41), load('syntax error'))
local closed = {}
do
    local a <close> = setmetatable({}, {__close = function() closed[#closed + 1] = 'a' end})
    local b <close> = setmetatable({}, {__close = function() closed[#closed + 1] = 'b' end})
end
print(table.concat(closed))

print('files')
local name = arg[1] .. '/lua-file.txt'
local file = assert(io.open(name, 'w'))
file:write('first\n', 2, '\nthird\n')
file:close()
for line in io.lines(name) do io.write('[', line, ']') end
print()
file = io.open(name)
print(file:seek('end'), file:seek('set', 6), file:read('n'), file:read('l'), file:read('a'))
file:close()
print(os.rename(name, name .. '2'), (select(2, io.open(name)) or ''):match('[^:]*$'))
print(os.remove(name .. '2'))
print(os.getenv('HOME_OF_NOBODY'), type(os.time()), os.date('!%Y-%m-%d', 0))
