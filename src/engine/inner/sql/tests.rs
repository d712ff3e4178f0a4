use super::*;
use Dialect::{Any, MySql, Postgres};
use Effect::{Destroy, Disrupt, Read};

fn check(rows: &[(Effect, Dialect, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(want, dialect, text)| (want, judge(text.as_bytes(), *dialect), dialect, text))
        .filter(|(want, given, ..)| *want != given)
        .map(|(want, given, dialect, text)| format!("{want} expected, {given} given ({dialect:?}): {text}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn literals_end_where_some_server_ends_them() {
    check(&[
        (Read, Any, "select 'drop table t'"),
        (Read, Any, "select 'it''s; drop table t'"),
        // A string for MySQL, two statements for PostgreSQL, and the other way round.
        (Destroy, Any, r"select 'a\'; drop table t; --'"),
        (Destroy, Postgres, r"select 'a\'; drop table t; --'"),
        (Destroy, Any, r"select 'it\'s'; drop table t; select 'x'"),
        (Destroy, MySql, r"select 'it\'s'; drop table t; select 'x'"),
        (Destroy, MySql, r#"select "\"", 'x'; delete from t; select '"'"#),
        (Destroy, Any, r#"insert into t values ("a\"b'"); truncate t -- '"#),
        (Read, Any, r"select 'c:\\temp'"),
        (Read, Postgres, r"select e'it\'s; drop table t'"),
        (Read, Postgres, r"select E'\\', 'drop table t'"),
        (Destroy, Postgres, r"select e'\\'; drop table t --'"),
        // A quote that stays open hides nothing.
        (Destroy, Any, "select 'it's; drop table t"),
        (Destroy, Any, "select \"a; drop table t"),
        (Destroy, MySql, "select `a; drop table t"),
        (Destroy, Any, "insert into t values ('it's'); delete from t"),
        (Destroy, Any, "insert into t values ('it's'); delete from t; select 'that's'"),
        (Read, Postgres, "select date'2026-01-01', n'x', _utf8'x', a.\"b\".c, 'a' 'b'"),
        (Destroy, Any, "select /* a; drop table t"),
        (Destroy, Any, "select $$a; drop table t"),
        (Read, Any, "select 'it's deleted"),
        (Disrupt, Any, r#"update t set a = 'c:\' where b = 1"#),
    ]);
}

#[test]
fn comments_end_where_some_server_ends_them() {
    check(&[
        (Read, Any, "select 1 -- drop table t"),
        (Read, Any, "select 1 /* ; drop table t */"),
        (Read, Postgres, "select 1 /* ; drop /* x */ table t */"),
        (Destroy, Any, "select 1 -- x\n; drop table t"),
        (Destroy, Any, "/* /* */ drop table t; -- */"),
        (Destroy, MySql, "select 1 # it's\n; drop table t"),
        (Destroy, Any, "select 1 # it's\n; drop table t"),
        (Read, MySql, "select 1 # ; drop table t"),
        (Destroy, MySql, "select 2--1; drop table t"),
        (Destroy, Any, "select '/*'; drop table t; select '*/'"),
        (Destroy, MySql, "/*!50000 drop table t */"),
        (Destroy, Any, "/*!50000 drop table t */"),
        (Destroy, Any, "select 1; /*!drop table t*/"),
        (Destroy, Any, "/*M!100100 truncate t */"),
        (Destroy, MySql, "/*!40000 alter */ /*!40000 table t drop column a */"),
        (Read, MySql, "select /*! straight_join */ a from t"),
        (Read, Any, "select /*+ hint */ 1"),
        // Opened by one server, skipped by another one.
        (Destroy, Any, "select 1 /*! ' */; delete from t; --'"),
        (Destroy, MySql, "select 1 /*!99999 ' */; delete from t; -- '"),
        (Destroy, MySql, "select 1 /*M! \" */; delete from t; -- \""),
        (Destroy, Postgres, "select 1 /*!99999 ' */; delete from t; --'"),
        (Destroy, MySql, "select 1 /*!99999 /* */ ' */; delete from t; -- '"),
        (Read, Postgres, "select 1 /*! ; drop table t */"),
        (Read, Any, "select /*! sql_no_cache */ a, 'it''s' from t -- it's"),
        (Disrupt, MySql, "/*!40101 set names utf8 */; /*!99999 x */"),
        (Destroy, Any, "dr/**/op; drop/**/table/**/t"),
    ]);
}

#[test]
fn dollars_quote_where_they_do() {
    check(&[
        (Read, Any, "select $$truncate t; drop table t$$"),
        (Read, Postgres, "select $a$ $$ ; drop table t; $$ $a$"),
        (Destroy, Any, "select $$it's$$; drop table t; select $$it's$$"),
        (Destroy, Postgres, "select $a$ ' $a$; drop table t; select '"),
        (Destroy, Any, "select $1; drop table t"),
        (Destroy, Postgres, "select a$b$c; drop table t; select a$b$c"),
        (Disrupt, Any, "comment on table t is $$drop me$$"),
        (Destroy, MySql, "delimiter $$\ndrop table t $$"),
    ]);
}

#[test]
fn texts_that_are_run_count() {
    check(&[
        (Destroy, Postgres, "do $$ begin drop table t; end $$"),
        (Destroy, Any, "do $x$ begin execute 'truncate t'; end $x$"),
        (Disrupt, Postgres, "do $$ begin perform 1; end $$"),
        (Destroy, MySql, "set @s = 'drop table t'; prepare s from @s; execute s"),
        (Destroy, Any, "execute immediate 'delete from t'"),
        (Destroy, Postgres, "select 'drop table t' \\gexec"),
        (Destroy, Postgres, "select dblink_exec('c', 'drop table t')"),
        (Destroy, Postgres, "select cron.schedule('0 3 * * *', $$delete from t$$)"),
        (Disrupt, MySql, "set @s = 'drop table t'"),
    ]);
}

#[test]
fn statements_go_by_their_words() {
    check(&[
        (Destroy, Any, "DELETE FROM t WHERE a = 1"),
        (Destroy, Any, "DELETE FROM \"Music\" WHERE pk = 'x'"),
        (Destroy, Any, "update t set a = 1"),
        (Destroy, Any, "update t set a = (select b from u where c = 1)"),
        (Destroy, Any, "update t set a = 1 where 1 = 1"),
        (Destroy, Any, "update t set a = 1 where true"),
        (Disrupt, Postgres, "update \"t\" set a = 1 where \"name\" = 'x'"),
        (Disrupt, MySql, "update `t` set a = 1 where `name` = 'x'"),
        (Disrupt, Any, "UPDATE \"Music\" SET a = 1 WHERE \"pk\" = 'x' AND \"sk\" = ?"),
        (Disrupt, MySql, "update t set a = 1 where \"name\" = 'x'"),
        (Destroy, MySql, "update t set a = 1 where \"name\" = 'name'"),
        (Destroy, MySql, "update t set a = 1 where \"name\" <> 'x'"),
        (Destroy, MySql, "execute immediate \"drop table t\""),
        (Read, Any, "select \"delete\", `drop` from \"truncate\""),
        (Disrupt, Any, "update t set a = (select b from u) where c = 1"),
        (Destroy, Any, "with d as (update t set a = 1 returning b) select b from d where b = 1"),
        (Disrupt, Any, "with d as (select a from t for update) update t set a = 1 where b = 2"),
        (Disrupt, Any, "update t set a = 1 where id in (select id from u where true)"),
        (Destroy, Any, "merge into t using u on t.a = u.a when matched then delete"),
        (Disrupt, Any, "merge into t using u on t.a = u.a when matched then update set a = 1"),
        (Destroy, Postgres, "explain analyze delete from t"),
        (Destroy, Postgres, "explain (analyze, buffers) with d as (delete from t returning 1) select 1"),
        (Read, Postgres, "explain delete from t"),
        (Read, Postgres, "explain analyze select 1"),
        (Destroy, MySql, "alter table t truncate partition p0"),
        (Destroy, MySql, "reset master"),
        (Destroy, MySql, "purge binary logs to 'x'"),
        (Destroy, MySql, "select 1\\G drop table t\\G"),
        (Destroy, Postgres, "select 1 \\; drop table t"),
        (Destroy, Any, "begin delete from t; end"),
        (Destroy, MySql, "create event e on schedule every 1 day do delete from t"),
        (Disrupt, Any, "create table t (a int references u on delete cascade)"),
        (Disrupt, Any, "create trigger x before delete on t for each row execute function f()"),
        (Disrupt, Any, "grant select, delete, truncate on t to u"),
        (Disrupt, Any, "insert into t values (1)"),
        (Destroy, Any, "unload ('select 1') to 's3://b/x' cleanpath"),
        (Disrupt, Any, "unload ('select 1') to 's3://b/x'"),
        (Read, Any, "select truncate(price, 2), deleted from t"),
        (Read, Any, "(select 1) union (select 2)"),
        (Destroy, Any, "(select 1); drop index i"),
        (Disrupt, Postgres, "drop index i"),
        (Read, Postgres, "\\d orders\nselect 1"),
        (Disrupt, Postgres, "\\i drop.sql"),
        (Disrupt, Any, ""),
        (Disrupt, Any, "-- nothing"),
    ]);
}

#[test]
fn truths_are_no_conditions() {
    for truth in [
        "2 = 2",
        "id = id",
        "t.id = t.id",
        "not false",
        "1 < 2",
        "1 = 1 or id = 3",
        "id = 3 or true",
        "1 is not null",
        "true order by id",
        "1 = 1 limit 5",
        "1 = 1 and 2 = 2",
        "(id = id)",
        "(1 = 1 or id = 3) and true",
        "'a' = 'a' returning id",
        "1 between 0 and 2",
        "id::text = id::text",
        "exists (select 1)",
        "1",
        "\"id\" = \"id\"",
        "\"id\" = id",
        "`id` = `id`",
        // Two literals for MySQL.
        "\"a\" <> \"b\"",
        "\"a\" <> 'b'",
    ] {
        check(&[(Destroy, Any, &format!("update t set a = 1 where {truth}"))]);
    }
    for limit in [
        "id = 3",
        "id = :id",
        "id = @id",
        "id = $id",
        "id = %(id)s",
        "id = {id}",
        "id = {{ id }}",
        "id in (1, 2)",
        "id between 1 and 5",
        "a = 1 or b = 2",
        "1 = 1 and id = 3",
        "(a = 1 or b = 2) and true",
        "t.id = u.id",
        "id is not null",
        "not done",
        "id in (select id from u)",
        "exists (select 1 from u where u.id = t.id)",
        "a = 1 order by id limit 5",
        "(id = 3)",
        "(a, b) = (1, 2)",
        "(a = 1) and (b = 2)",
        "created < now()",
        "current of c",
        "name like 'a%' returning id",
        "(:a is null or a = :a)",
        // names in quotes
        "\"id\" = 3",
        "`id` = 3",
        "\"t\".\"id\" = 3",
        "\"userId\" in (1, 2)",
        "\"created at\" < now()",
        "(\"a\" = 1 or \"b\" = 2)",
    ] {
        check(&[(Disrupt, Any, &format!("update t set a = 1 where {limit}"))]);
    }
}

#[test]
fn what_replaces_takes_away() {
    check(&[
        (Destroy, Any, "create or replace table t as select 1"),
        (Destroy, Any, "create or replace external table t (a int)"),
        (Destroy, MySql, "create or replace database d"),
        (Disrupt, Any, "create or replace temporary table t as select 1"),
        (Disrupt, Any, "create or replace view v as select 1"),
        (Disrupt, Any, "create or replace function f() returns table (a int) as 'select 1'"),
        (Disrupt, Any, "create table t as select 1"),
        (Destroy, MySql, "replace into t values (1)"),
        (Destroy, Any, "insert or replace into t values (1)"),
        (Destroy, MySql, "replace low_priority t values (1)"),
        (Disrupt, Any, "replace view v as select 1"),
        (Destroy, Any, "insert overwrite table t select 1"),
        (Destroy, Any, "with a as (select 1) insert overwrite t select * from a"),
        (Destroy, MySql, "load data infile 'x' replace into table t"),
        (Disrupt, MySql, "load data infile 'x' into table t set a = replace(a, 'b', 'c')"),
        (Disrupt, Any, "insert into t select replace(a, 'b', 'c') from u"),
        (Destroy, Any, "alter table a append from b"),
        (Destroy, MySql, "alter table t exchange partition p with table u"),
        (Disrupt, MySql, "alter table t modify column a int"),
        (Disrupt, Postgres, "alter table t alter column a type int"),
        (Disrupt, Postgres, "alter table t alter column a drop not null"),
        (Disrupt, Postgres, "alter table t alter a drop default"),
        (Disrupt, Postgres, "alter table t drop constraint c"),
        (Disrupt, Any, "alter table t alter column a drop identity if exists"),
        (Destroy, Any, "alter table t drop identity"),
        (Destroy, Any, "alter table t drop column a"),
        (Destroy, Any, "alter table t drop constraint c, drop column a"),
        (Destroy, Any, "alter table t drop a"),
    ]);
}

#[test]
fn functions_that_take_away_are_called() {
    check(&[
        (Destroy, Postgres, "select drop_chunks('t', interval '3 months')"),
        (Destroy, Postgres, "select lo_unlink(1)"),
        (Destroy, Any, "select pg_drop_replication_slot('s')"),
        (Destroy, Any, "select lo_unlink (oid) from pg_largeobject_metadata"),
        (Disrupt, Any, "select app.purge_orders(1)"),
        (Disrupt, Any, "select delete_user('a')"),
        (Disrupt, Any, "with a as (select 1) select truncate_all() from a"),
        (Destroy, Postgres, "call drop_chunks('t', interval '3 months')"),
        (Destroy, Postgres, "values (lo_unlink(1))"),
        (Destroy, Postgres, "insert into log select lo_unlink(oid) from t"),
        (Destroy, Postgres, "update t set a = lo_unlink(b) where id = 1"),
        (Destroy, Postgres, "do $$ begin perform drop_chunks('t', 1); end $$"),
        (Destroy, Postgres, "explain analyze select drop_chunks('t', 1)"),
        (Destroy, Postgres, "select \"drop_chunks\"('t', 1)"),
        (Destroy, Postgres, "copy (select lo_unlink(1)) to '/tmp/x'"),
        (Read, Postgres, "explain select drop_chunks('t', 1)"),
        (Disrupt, Postgres, "drop function drop_chunks(int)"),
        (Disrupt, Postgres, "create function drop_queue(a int) returns int as 'select 1' language sql"),
        (Disrupt, Postgres, "grant execute on function lo_unlink(oid) to u"),
        (Disrupt, Any, "insert into drop_queue (a) values (1)"),
        (Disrupt, Any, "call app.purge_orders(1)"),
        (Read, Any, "select drop_chunks from t"),
        (Read, Any, "select delete_date, dropped(1), is_deleted(a) from purge_log"),
        (Read, Any, "with to_delete (id) as (select 1) select id from to_delete"),
        (Read, Any, "with to_delete as (select 1) select count(*) from to_delete"),
    ]);
}

#[test]
fn long_texts_end() {
    for part in ["'", "$a$", "/*", "(", "\\", "$$", "--", "`\"", "do '"] {
        let text = part.repeat(20_000);
        let _ = judge(text.as_bytes(), Any);
    }
}
