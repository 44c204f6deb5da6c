-- Tables, indexes, transactions, triggers, full scans and recursion; the same on every build.
create table parts (id integer primary key, name text not null unique, price real, made_of blob);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
    insert into parts select i, 'part ' || i, i * 1.25, zeroblob(i % 50) from n;
create index by_price on parts (price);
select count(*), sum(price), min(name), max(length(made_of)) from parts;
explain query plan select * from parts where price between 10 and 20;
select id, name from parts where price between 10 and 20 order by price desc limit 3;

begin;
delete from parts where id % 2 = 0;
select count(*) from parts;
rollback;
select count(*) from parts;

create table log (what text);
create trigger noted after update on parts begin insert into log values (old.name || ' -> ' || new.name); end;
update parts set name = 'renamed ' || id where id in (1, 2, 3);
select * from log order by 1;
insert into parts values (1, 'twice', 0, null);

savepoint a;
insert into parts values (9001, 'kept', 1, x'00ff');
savepoint b;
insert into parts values (9002, 'lost', 1, null);
rollback to b;
release a;
select id, name, hex(made_of) from parts where id > 9000;

select name, rank() over (order by price desc) from parts limit 3;
select json_extract('{"a": [1, {"b": "x"}]}', '$.a[1].b'), json_group_array(id) from parts where id < 5;
select printf('%.3f %s', 2.0 / 3, upper('grüße')), date('2031-01-02', '+1 month'), 9223372036854775807 + 1;
with recursive fib(a, b) as (select 0, 1 union all select b, a + b from fib where b < 1000) select group_concat(a) from fib;
select count(*) from parts a join parts b on a.id = b.id * 2;
vacuum;
pragma integrity_check;
