// patched_fix.c in AssemblyScript.
import { original_call_through, wisp_load_i64 } from "./program";

export function add_ints(a: i32, b: i32): i32 {
  return a;
}

export function first_pointer(a: u64, b: u64): u64 {
  return a;
}

export function add_doubles(a: f64, b: i32, c: f64): f64 {
  return a;
}

export function add_longs(a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64): i64 {
  return a;
}

export function call_through(a: i32, b: i32): i32 {
  return original_call_through(a, b);
}

export function look_behind(a: u64, b: u64): u64 {
  return wisp_load_i64(a) != 0 ? b : a;
}
