//! A dump that is SQL: never a panic, and the same answer wherever its pieces are cut.
#![no_main]

use guard::engine::backup::sql_dump::{Reader, ends_whole, maker_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let (first, text) = text.split_first().unwrap_or((&0, text));
    let head: &[u8] = if first % 2 == 0 { b"-- PostgreSQL database dump\n" } else { b"-- MySQL dump\n" };
    let text = [head, text].concat();
    let read = |size: usize| {
        let mut reader = Reader::default();
        text.chunks(size.max(1)).for_each(|some| reader.read(some));
        reader.finish(true)
    };
    assert_eq!(read(text.len()), read(usize::from(*first)));
    if let Some(maker) = maker_of(&text) {
        let _ = ends_whole(maker, &text);
    }
});
