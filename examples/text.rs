//! A library on Rust's `String`, `Vec` and `BTreeMap`, standard library included.
//! input(): address of up to 4096 bytes of UTF-8 text; output(): address of the text that comes back.
//! uppercase(length), reverse(length), sort_words(length): the length of the result; count_chars(length);
//! most_frequent(length): the most frequent word, in alphabetical order among equals; sum(length): the sum of the
//! numbers between commas, or i64::MIN where one is not a number.

use std::collections::BTreeMap;

static mut INPUT: [u8; 4096] = [0; 4096];
static mut OUTPUT: Vec<u8> = Vec::new();

fn text(length: usize) -> &'static str {
    std::str::from_utf8(unsafe { &INPUT[..length] }).expect("the text is UTF-8")
}

fn answer(result: String) -> usize {
    let length = result.len();
    unsafe { OUTPUT = result.into_bytes() };
    length
}

#[no_mangle]
pub extern "C" fn input() -> *const u8 {
    unsafe { INPUT.as_ptr() }
}

#[no_mangle]
pub extern "C" fn output() -> *const u8 {
    unsafe { OUTPUT.as_ptr() }
}

#[no_mangle]
pub extern "C" fn uppercase(length: usize) -> usize {
    answer(text(length).to_uppercase())
}

#[no_mangle]
pub extern "C" fn reverse(length: usize) -> usize {
    answer(text(length).chars().rev().collect())
}

#[no_mangle]
pub extern "C" fn sort_words(length: usize) -> usize {
    let mut words: Vec<&str> = text(length).split_whitespace().collect();
    words.sort();
    answer(words.join(" "))
}

#[no_mangle]
pub extern "C" fn most_frequent(length: usize) -> usize {
    let mut counts = BTreeMap::new();
    for word in text(length).split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    let best = counts.iter().rev().max_by_key(|entry| entry.1);
    answer(best.map_or(String::new(), |entry| entry.0.to_string()))
}

#[no_mangle]
pub extern "C" fn count_chars(length: usize) -> usize {
    text(length).chars().count()
}

#[no_mangle]
pub extern "C" fn sum(length: usize) -> i64 {
    let numbers: Result<Vec<i64>, _> = text(length).split(',').map(|part| part.trim().parse::<i64>()).collect();
    numbers.map_or(i64::MIN, |list| list.iter().sum())
}
