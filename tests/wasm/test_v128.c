#include "fixture.h"

/* Values of type v128 wherever a value can be, and between them and linear memory. */

/* clang-format off */

/*
 * (module
 *   (import "env" "swap" (func $host (param v128 i32 v128) (result v128 i32 v128)))
 *   (global $kept (export "kept") (mut v128) (v128.const i32x4 1 2 3 4))
 *   (global $copy (export "copy") v128 (v128.const i32x4 5 6 7 8))
 *   (type $three (func (param v128 i32 v128) (result v128 i32 v128)))
 *   (table funcref (elem $mix $host))
 *   (func $mix (export "mix") (param v128 i32 v128) (result v128 i32 v128)
 *     local.get 2 local.get 1 local.get 0)
 *   (func (export "select") (param v128 v128 i32) (result v128)
 *     (select (local.get 0) (local.get 1) (local.get 2)))
 *   (func (export "exchange") (param v128) (result v128)
 *     (global.get $kept)
 *     (global.set $kept (local.get 0)))
 *   (func (export "branch") (param v128 v128 i32) (result v128)
 *     (local i32 v128 i64)
 *     (local.set 4 (local.get 1))
 *     (i32.const 9)
 *     (block (result v128 i32)
 *       (block (result v128 i32)
 *         (local.get 4) (i32.const 1)
 *         (block (param v128 i32) (result v128 i32)
 *           (br_table 0 1 2 (local.get 2)))
 *         drop drop
 *         (local.get 0) (i32.const 2))
 *       drop
 *       (i32x4.add (v128.const i32x4 100 100 100 100))
 *       (i32.const 3))
 *     (local.set 3)
 *     (local.set 4)
 *     (drop)
 *     (i32x4.add (local.get 4) (i32x4.splat (local.get 3))))
 *   (func (export "loop") (param v128 i32) (result v128)
 *     (v128.const i64x2 0 0)
 *     (loop $again (param v128) (result v128)
 *       (i32x4.add (local.get 0))
 *       (br_if $again (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
 *   (func (export "overlap") (param v128 v128 i32) (result v128 v128)
 *     (i32.const 1)
 *     (block (result v128 v128)
 *       (i32.const 2)
 *       (i32x4.add (local.get 0) (local.get 0))
 *       (i32x4.add (local.get 1) (local.get 1))
 *       (br_if 0 (local.get 2))
 *       (br 0))
 *     (local.set 1) (local.set 0) (drop)
 *     (local.get 0) (local.get 1))
 *   (func (export "host") (param v128 i32 v128) (result v128 i32 v128)
 *     (call $host (local.get 0) (local.get 1) (local.get 2)))
 *   (func (export "indirect") (param v128 i32 v128) (result v128 i32 v128)
 *     (call_indirect (type $three) (local.get 0) (local.get 1) (local.get 2) (local.get 1)))
 *   (func (export "tail") (param v128 i32 v128) (result v128 i32 v128)
 *     (i64.const 5) (drop)
 *     (return_call_indirect (type $three) (local.get 0) (local.get 1) (local.get 2) (local.get 1)))
 *   (func (export "dead") (result v128)
 *     (return (v128.const i32x4 4 3 2 1))
 *     (i32x4.add) (br_if 0 (i32.const 1)) (select (i32.const 0)))
 * )
 */
static const uint8_t carry_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x39, 0x09, 0x60, 0x03, 0x7b, 0x7f, 0x7b,
    0x03, 0x7b, 0x7f, 0x7b, 0x60, 0x03, 0x7b, 0x7b, 0x7f, 0x01, 0x7b, 0x60, 0x01, 0x7b, 0x01, 0x7b,
    0x60, 0x00, 0x02, 0x7b, 0x7f, 0x60, 0x02, 0x7b, 0x7f, 0x02, 0x7b, 0x7f, 0x60, 0x02, 0x7b, 0x7f,
    0x01, 0x7b, 0x60, 0x03, 0x7b, 0x7b, 0x7f, 0x02, 0x7b, 0x7b, 0x60, 0x00, 0x02, 0x7b, 0x7b, 0x60,
    0x00, 0x01, 0x7b, 0x02, 0x0c, 0x01, 0x03, 0x65, 0x6e, 0x76, 0x04, 0x73, 0x77, 0x61, 0x70, 0x00,
    0x00, 0x03, 0x0b, 0x0a, 0x00, 0x01, 0x02, 0x01, 0x05, 0x06, 0x00, 0x00, 0x00, 0x08, 0x04, 0x05,
    0x01, 0x70, 0x01, 0x02, 0x02, 0x06, 0x2b, 0x02, 0x7b, 0x01, 0xfd, 0x0c, 0x01, 0x00, 0x00, 0x00,
    0x02, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x0b, 0x7b, 0x00, 0xfd,
    0x0c, 0x05, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00,
    0x00, 0x0b, 0x07, 0x63, 0x0c, 0x04, 0x6b, 0x65, 0x70, 0x74, 0x03, 0x00, 0x04, 0x63, 0x6f, 0x70,
    0x79, 0x03, 0x01, 0x03, 0x6d, 0x69, 0x78, 0x00, 0x01, 0x06, 0x73, 0x65, 0x6c, 0x65, 0x63, 0x74,
    0x00, 0x02, 0x08, 0x65, 0x78, 0x63, 0x68, 0x61, 0x6e, 0x67, 0x65, 0x00, 0x03, 0x06, 0x62, 0x72,
    0x61, 0x6e, 0x63, 0x68, 0x00, 0x04, 0x04, 0x6c, 0x6f, 0x6f, 0x70, 0x00, 0x05, 0x07, 0x6f, 0x76,
    0x65, 0x72, 0x6c, 0x61, 0x70, 0x00, 0x06, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x00, 0x07, 0x08, 0x69,
    0x6e, 0x64, 0x69, 0x72, 0x65, 0x63, 0x74, 0x00, 0x08, 0x04, 0x74, 0x61, 0x69, 0x6c, 0x00, 0x09,
    0x04, 0x64, 0x65, 0x61, 0x64, 0x00, 0x0a, 0x09, 0x08, 0x01, 0x00, 0x41, 0x00, 0x0b, 0x02, 0x01,
    0x00, 0x0a, 0x83, 0x02, 0x0a, 0x08, 0x00, 0x20, 0x02, 0x20, 0x01, 0x20, 0x00, 0x0b, 0x09, 0x00,
    0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0x1b, 0x0b, 0x08, 0x00, 0x23, 0x00, 0x20, 0x00, 0x24, 0x00,
    0x0b, 0x4e, 0x03, 0x01, 0x7f, 0x01, 0x7b, 0x01, 0x7e, 0x20, 0x01, 0x21, 0x04, 0x41, 0x09, 0x02,
    0x03, 0x02, 0x03, 0x20, 0x04, 0x41, 0x01, 0x02, 0x04, 0x20, 0x02, 0x0e, 0x02, 0x00, 0x01, 0x02,
    0x0b, 0x1a, 0x1a, 0x20, 0x00, 0x41, 0x02, 0x0b, 0x1a, 0xfd, 0x0c, 0x64, 0x00, 0x00, 0x00, 0x64,
    0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0xfd, 0xae, 0x01, 0x41, 0x03,
    0x0b, 0x21, 0x03, 0x21, 0x04, 0x1a, 0x20, 0x04, 0x20, 0x03, 0xfd, 0x11, 0xfd, 0xae, 0x01, 0x0b,
    0x25, 0x00, 0xfd, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x03, 0x02, 0x20, 0x00, 0xfd, 0xae, 0x01, 0x20, 0x01, 0x41, 0x01, 0x6b,
    0x22, 0x01, 0x0d, 0x00, 0x0b, 0x0b, 0x26, 0x00, 0x41, 0x01, 0x02, 0x07, 0x41, 0x02, 0x20, 0x00,
    0x20, 0x00, 0xfd, 0xae, 0x01, 0x20, 0x01, 0x20, 0x01, 0xfd, 0xae, 0x01, 0x20, 0x02, 0x0d, 0x00,
    0x0c, 0x00, 0x0b, 0x21, 0x01, 0x21, 0x00, 0x1a, 0x20, 0x00, 0x20, 0x01, 0x0b, 0x0a, 0x00, 0x20,
    0x00, 0x20, 0x01, 0x20, 0x02, 0x10, 0x00, 0x0b, 0x0d, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02,
    0x20, 0x01, 0x11, 0x00, 0x00, 0x0b, 0x10, 0x00, 0x42, 0x05, 0x1a, 0x20, 0x00, 0x20, 0x01, 0x20,
    0x02, 0x20, 0x01, 0x13, 0x00, 0x00, 0x0b, 0x1f, 0x00, 0xfd, 0x0c, 0x04, 0x00, 0x00, 0x00, 0x03,
    0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x0f, 0xfd, 0xae, 0x01, 0x41,
    0x01, 0x0d, 0x00, 0x41, 0x00, 0x1b, 0x0b,
};

/*
 * (module
 *   (import "inner" "mix" (func $mix (param v128 i32 v128) (result v128 i32 v128)))
 *   (import "inner" "copy" (global $copy v128))
 *   (global $own (export "own") v128 (global.get $copy))
 *   (func (export "across") (param v128 i32 v128) (result v128 i32 v128)
 *     (call $mix (local.get 0) (local.get 1) (local.get 2)))
 *   (func (export "across_tail") (param v128 i32 v128) (result v128 i32 v128)
 *     (return_call $mix (local.get 0) (local.get 1) (local.get 2)))
 * )
 */
static const uint8_t outer_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x01, 0x60, 0x03, 0x7b, 0x7f, 0x7b,
    0x03, 0x7b, 0x7f, 0x7b, 0x02, 0x1b, 0x02, 0x05, 0x69, 0x6e, 0x6e, 0x65, 0x72, 0x03, 0x6d, 0x69,
    0x78, 0x00, 0x00, 0x05, 0x69, 0x6e, 0x6e, 0x65, 0x72, 0x04, 0x63, 0x6f, 0x70, 0x79, 0x03, 0x7b,
    0x00, 0x03, 0x03, 0x02, 0x00, 0x00, 0x06, 0x06, 0x01, 0x7b, 0x00, 0x23, 0x00, 0x0b, 0x07, 0x1e,
    0x03, 0x03, 0x6f, 0x77, 0x6e, 0x03, 0x01, 0x06, 0x61, 0x63, 0x72, 0x6f, 0x73, 0x73, 0x00, 0x01,
    0x0b, 0x61, 0x63, 0x72, 0x6f, 0x73, 0x73, 0x5f, 0x74, 0x61, 0x69, 0x6c, 0x00, 0x02, 0x0a, 0x17,
    0x02, 0x0a, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0x10, 0x00, 0x0b, 0x0a, 0x00, 0x20, 0x00,
    0x20, 0x01, 0x20, 0x02, 0x12, 0x00, 0x0b,
};

/*
 * (module
 *   (memory (export "first") 1 1)
 *   (memory (export "second") 1 1)
 *   (func (export "load") (param i32) (result v128) (v128.load (local.get 0)))
 *   (func (export "load_far") (param i32) (result v128) (v128.load offset=4294967295 (local.get 0)))
 *   (func (export "store") (param i32 v128) (v128.store (local.get 0) (local.get 1)))
 *   (func (export "load_1") (param i32) (result v128) (v128.load 1 offset=1 (local.get 0)))
 *   (func (export "store_1") (param i32 v128) (v128.store 1 offset=1 (local.get 0) (local.get 1)))
 *   (func (export "load8x8_s") (param i32) (result v128) (v128.load8x8_s (local.get 0)))
 *   (func (export "load8x8_u") (param i32) (result v128) (v128.load8x8_u (local.get 0)))
 *   (func (export "load16x4_s") (param i32) (result v128) (v128.load16x4_s (local.get 0)))
 *   (func (export "load16x4_u") (param i32) (result v128) (v128.load16x4_u (local.get 0)))
 *   (func (export "load32x2_s") (param i32) (result v128) (v128.load32x2_s (local.get 0)))
 *   (func (export "load32x2_u") (param i32) (result v128) (v128.load32x2_u (local.get 0)))
 *   (func (export "load8_splat") (param i32) (result v128) (v128.load8_splat (local.get 0)))
 *   (func (export "load16_splat") (param i32) (result v128) (v128.load16_splat (local.get 0)))
 *   (func (export "load32_splat") (param i32) (result v128) (v128.load32_splat (local.get 0)))
 *   (func (export "load64_splat") (param i32) (result v128) (v128.load64_splat (local.get 0)))
 *   (func (export "load32_zero") (param i32) (result v128) (v128.load32_zero (local.get 0)))
 *   (func (export "load64_zero") (param i32) (result v128) (v128.load64_zero (local.get 0)))
 *   (func (export "load8_lane") (param i32 v128) (result v128) (v128.load8_lane 3 (local.get 0) (local.get 1)))
 *   (func (export "load16_lane") (param i32 v128) (result v128) (v128.load16_lane 7 (local.get 0) (local.get 1)))
 *   (func (export "load32_lane") (param i32 v128) (result v128) (v128.load32_lane 0 (local.get 0) (local.get 1)))
 *   (func (export "load64_lane") (param i32 v128) (result v128) (v128.load64_lane 1 (local.get 0) (local.get 1)))
 *   (func (export "store8_lane") (param i32 v128) (v128.store8_lane 15 (local.get 0) (local.get 1)))
 *   (func (export "store16_lane") (param i32 v128) (v128.store16_lane 1 (local.get 0) (local.get 1)))
 *   (func (export "store32_lane") (param i32 v128) (v128.store32_lane 3 (local.get 0) (local.get 1)))
 *   (func (export "store64_lane") (param i32 v128) (v128.store64_lane 0 (local.get 0) (local.get 1)))
 * )
 */
static const uint8_t access_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x11, 0x03, 0x60, 0x01, 0x7f, 0x01, 0x7b,
    0x60, 0x02, 0x7f, 0x7b, 0x00, 0x60, 0x02, 0x7f, 0x7b, 0x01, 0x7b, 0x03, 0x1a, 0x19, 0x00, 0x00,
    0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
    0x02, 0x02, 0x02, 0x01, 0x01, 0x01, 0x01, 0x05, 0x07, 0x02, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x07, 0xd4, 0x02, 0x1b, 0x05, 0x66, 0x69, 0x72, 0x73, 0x74, 0x02, 0x00, 0x06, 0x73, 0x65, 0x63,
    0x6f, 0x6e, 0x64, 0x02, 0x01, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0x00, 0x08, 0x6c, 0x6f, 0x61,
    0x64, 0x5f, 0x66, 0x61, 0x72, 0x00, 0x01, 0x05, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x00, 0x02, 0x06,
    0x6c, 0x6f, 0x61, 0x64, 0x5f, 0x31, 0x00, 0x03, 0x07, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x5f, 0x31,
    0x00, 0x04, 0x09, 0x6c, 0x6f, 0x61, 0x64, 0x38, 0x78, 0x38, 0x5f, 0x73, 0x00, 0x05, 0x09, 0x6c,
    0x6f, 0x61, 0x64, 0x38, 0x78, 0x38, 0x5f, 0x75, 0x00, 0x06, 0x0a, 0x6c, 0x6f, 0x61, 0x64, 0x31,
    0x36, 0x78, 0x34, 0x5f, 0x73, 0x00, 0x07, 0x0a, 0x6c, 0x6f, 0x61, 0x64, 0x31, 0x36, 0x78, 0x34,
    0x5f, 0x75, 0x00, 0x08, 0x0a, 0x6c, 0x6f, 0x61, 0x64, 0x33, 0x32, 0x78, 0x32, 0x5f, 0x73, 0x00,
    0x09, 0x0a, 0x6c, 0x6f, 0x61, 0x64, 0x33, 0x32, 0x78, 0x32, 0x5f, 0x75, 0x00, 0x0a, 0x0b, 0x6c,
    0x6f, 0x61, 0x64, 0x38, 0x5f, 0x73, 0x70, 0x6c, 0x61, 0x74, 0x00, 0x0b, 0x0c, 0x6c, 0x6f, 0x61,
    0x64, 0x31, 0x36, 0x5f, 0x73, 0x70, 0x6c, 0x61, 0x74, 0x00, 0x0c, 0x0c, 0x6c, 0x6f, 0x61, 0x64,
    0x33, 0x32, 0x5f, 0x73, 0x70, 0x6c, 0x61, 0x74, 0x00, 0x0d, 0x0c, 0x6c, 0x6f, 0x61, 0x64, 0x36,
    0x34, 0x5f, 0x73, 0x70, 0x6c, 0x61, 0x74, 0x00, 0x0e, 0x0b, 0x6c, 0x6f, 0x61, 0x64, 0x33, 0x32,
    0x5f, 0x7a, 0x65, 0x72, 0x6f, 0x00, 0x0f, 0x0b, 0x6c, 0x6f, 0x61, 0x64, 0x36, 0x34, 0x5f, 0x7a,
    0x65, 0x72, 0x6f, 0x00, 0x10, 0x0a, 0x6c, 0x6f, 0x61, 0x64, 0x38, 0x5f, 0x6c, 0x61, 0x6e, 0x65,
    0x00, 0x11, 0x0b, 0x6c, 0x6f, 0x61, 0x64, 0x31, 0x36, 0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x12,
    0x0b, 0x6c, 0x6f, 0x61, 0x64, 0x33, 0x32, 0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x13, 0x0b, 0x6c,
    0x6f, 0x61, 0x64, 0x36, 0x34, 0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x14, 0x0b, 0x73, 0x74, 0x6f,
    0x72, 0x65, 0x38, 0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x15, 0x0c, 0x73, 0x74, 0x6f, 0x72, 0x65,
    0x31, 0x36, 0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x16, 0x0c, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x33,
    0x32, 0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x17, 0x0c, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x36, 0x34,
    0x5f, 0x6c, 0x61, 0x6e, 0x65, 0x00, 0x18, 0x0a, 0x84, 0x02, 0x19, 0x08, 0x00, 0x20, 0x00, 0xfd,
    0x00, 0x04, 0x00, 0x0b, 0x0c, 0x00, 0x20, 0x00, 0xfd, 0x00, 0x04, 0xff, 0xff, 0xff, 0xff, 0x0f,
    0x0b, 0x0a, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x0b, 0x04, 0x00, 0x0b, 0x09, 0x00, 0x20, 0x00,
    0xfd, 0x00, 0x44, 0x01, 0x01, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x0b, 0x44, 0x01,
    0x01, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x01, 0x03, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd,
    0x02, 0x03, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x03, 0x03, 0x00, 0x0b, 0x08, 0x00, 0x20,
    0x00, 0xfd, 0x04, 0x03, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x05, 0x03, 0x00, 0x0b, 0x08,
    0x00, 0x20, 0x00, 0xfd, 0x06, 0x03, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x07, 0x00, 0x00,
    0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x08, 0x01, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x09,
    0x02, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x0a, 0x03, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00,
    0xfd, 0x5c, 0x02, 0x00, 0x0b, 0x08, 0x00, 0x20, 0x00, 0xfd, 0x5d, 0x03, 0x00, 0x0b, 0x0b, 0x00,
    0x20, 0x00, 0x20, 0x01, 0xfd, 0x54, 0x00, 0x00, 0x03, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01,
    0xfd, 0x55, 0x01, 0x00, 0x07, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x56, 0x02, 0x00,
    0x00, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x57, 0x03, 0x00, 0x01, 0x0b, 0x0b, 0x00,
    0x20, 0x00, 0x20, 0x01, 0xfd, 0x58, 0x00, 0x00, 0x0f, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01,
    0xfd, 0x59, 0x01, 0x00, 0x01, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x5a, 0x02, 0x00,
    0x03, 0x0b, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x5b, 0x03, 0x00, 0x00, 0x0b,
};

/* clang-format on */

/* The vector of four lanes of 32 bits. */
static wisp_value vector(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint32_t lanes[4] = {a, b, c, d};
    uint8_t bytes[WISP_V128_SIZE];
    for (int i = 0; i < WISP_V128_SIZE; i++)
        bytes[i] = (uint8_t)(lanes[i / 4] >> (8 * (i % 4)));
    return wisp_v128_value(bytes);
}

static void assert_vector(wisp_value found, wisp_value expected)
{
    assert_int_equal(found.type, WISP_V128);
    assert_memory_equal(found.of.v128, expected.of.v128, WISP_V128_SIZE);
}

static void assert_call(fixture *f, wisp_instance *instance, const char *name,
                        const wisp_value *args, wisp_value *results)
{
    wisp_func *func = wisp_instance_func(instance, name);
    assert_non_null(func);
    wisp_functype type = wisp_func_type(func);
    if (wisp_call(func, args, type.param_count, results, type.result_count, &f->err))
        fail_msg("%s: %s", name, f->err.text);
}

/* Gives its arguments the other way round, each lane of the vectors increased. */
static wisp_status swap(void *user, wisp_instance *caller, const wisp_value *args,
                        wisp_value *results, wisp_error *err)
{
    (void)user, (void)caller, (void)err;
    assert_int_equal(args[0].type, WISP_V128);
    assert_int_equal(results[2].type, WISP_V128);
    results[1].of.i32 = -args[1].of.i32;
    for (int i = 0; i < WISP_V128_SIZE; i++) {
        results[0].of.v128[i] = (uint8_t)(args[2].of.v128[i] + 1);
        results[2].of.v128[i] = (uint8_t)(args[0].of.v128[i] + 1);
    }
    return WISP_OK;
}

static wisp_instance *carry(fixture *f)
{
    fixture_init(f, NULL);
    fixture_offer(f, "swap", "(viv)viv", swap, NULL);
    return fixture_instance(f, BYTES(carry_wasm));
}

/* Calls [name], of type $three, and checks that it exchanges its arguments. */
static void assert_mixes(fixture *f, wisp_instance *instance, const char *name, int32_t i)
{
    wisp_value args[3] = {vector(1, 2, 3, 4), wisp_i32(i), vector(5, 6, 7, 8)}, results[3];
    assert_call(f, instance, name, args, results);
    assert_vector(results[0], args[2]);
    assert_int_equal(results[1].of.i32, i);
    assert_vector(results[2], args[0]);
}

static void assert_swaps(fixture *f, wisp_instance *instance, const char *name, int32_t i)
{
    wisp_value args[3] = {vector(1, 2, 3, 4), wisp_i32(i), vector(5, 6, 7, 8)}, results[3];
    assert_call(f, instance, name, args, results);
    assert_vector(results[0], vector(0x01010106, 0x01010107, 0x01010108, 0x01010109));
    assert_int_equal(results[1].of.i32, -i);
    assert_vector(results[2], vector(0x01010102, 0x01010103, 0x01010104, 0x01010105));
}

static void functions_take_and_give_vectors_among_other_values(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    assert_mixes(&f, instance, "mix", 42);
    assert_mixes(&f, instance, "indirect", 0);
    assert_mixes(&f, instance, "tail", 0);
    fixture_deinit(&f);
}

static void the_program_s_functions_take_and_give_vectors(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    assert_swaps(&f, instance, "host", 42);
    assert_swaps(&f, instance, "indirect", 1);
    assert_swaps(&f, instance, "tail", 1);
    fixture_deinit(&f);
}

static void vectors_go_to_other_instances_and_come_back(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *inner = carry(&f);
    assert_int_equal(wisp_linker_add_instance(f.linker, "inner", inner, &f.err), WISP_OK);
    wisp_instance *outer = fixture_instance(&f, BYTES(outer_wasm));
    assert_mixes(&f, outer, "across", 7);
    assert_mixes(&f, outer, "across_tail", 8);
    assert_vector(wisp_global_get(wisp_instance_global(outer, "own")), vector(5, 6, 7, 8));
    fixture_deinit(&f);
}

static void a_global_holds_a_vector(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    wisp_global *kept = wisp_instance_global(instance, "kept");
    wisp_value arg = vector(9, 8, 7, 6), result;
    assert_call(&f, instance, "exchange", &arg, &result);
    assert_vector(result, vector(1, 2, 3, 4));
    assert_vector(wisp_global_get(kept), arg);
    assert_int_equal(wisp_global_set(kept, vector(3, 3, 3, 3), &f.err), WISP_OK);
    assert_call(&f, instance, "exchange", &arg, &result);
    assert_vector(result, vector(3, 3, 3, 3));
    assert_int_equal(wisp_global_set(kept, wisp_i64(3), &f.err), WISP_MISMATCH);
    fixture_deinit(&f);
}

static void select_chooses_between_vectors(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    for (int32_t i = 0; i < 2; i++) {
        wisp_value args[] = {vector(1, 2, 3, 4), vector(5, 6, 7, 8), wisp_i32(i)}, result;
        assert_call(&f, instance, "select", args, &result);
        assert_vector(result, args[i ? 0 : 1]);
    }
    fixture_deinit(&f);
}

static void branches_take_vectors_along(void **state)
{
    (void)state;
    const wisp_value a = vector(1, 2, 3, 4), b = vector(5, 6, 7, 8);
    /* label 0 goes on with a, the others take b along */
    const wisp_value expected[] = {vector(104, 105, 106, 107), vector(108, 109, 110, 111),
                                   vector(6, 7, 8, 9)};
    fixture f;
    wisp_instance *instance = carry(&f);
    for (int i = 0; i < 3; i++) {
        wisp_value args[] = {a, b, wisp_i32(i)}, result;
        assert_call(&f, instance, "branch", args, &result);
        assert_vector(result, expected[i]);
    }
    fixture_deinit(&f);
}

static void a_loop_carries_a_vector(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    wisp_value args[] = {vector(1, 2, 3, 0xffffffff), wisp_i32(10)}, result;
    assert_call(&f, instance, "loop", args, &result);
    assert_vector(result, vector(10, 20, 30, (uint32_t)-10));
    fixture_deinit(&f);
}

static void vectors_that_move_by_one_slot_stay_whole(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    for (int32_t i = 0; i < 2; i++) {
        wisp_value args[] = {vector(1, 2, 3, 4), vector(5, 6, 7, 8), wisp_i32(i)}, results[2];
        assert_call(&f, instance, "overlap", args, results);
        assert_vector(results[0], vector(2, 4, 6, 8));
        assert_vector(results[1], vector(10, 12, 14, 16));
    }
    fixture_deinit(&f);
}

static void unreachable_code_may_be_about_vectors(void **state)
{
    (void)state;
    fixture f;
    wisp_instance *instance = carry(&f);
    wisp_value result;
    assert_call(&f, instance, "dead", NULL, &result);
    assert_vector(result, vector(4, 3, 2, 1));
    fixture_deinit(&f);
}

/* ------------------------------------------------------------------ memory */

/* An instance of access_wasm whose memories hold 0x80, 0x81, … from address 16 on. */
static wisp_instance *access(fixture *f)
{
    fixture_init(f, NULL);
    wisp_instance *instance = fixture_instance(f, BYTES(access_wasm));
    for (int i = 0; i < 32; i++) {
        *wisp_memory_at(wisp_instance_memory(instance, "first"), 16 + (uint64_t)i, 1) =
            (uint8_t)(0x80 + i);
        *wisp_memory_at(wisp_instance_memory(instance, "second"), 16 + (uint64_t)i, 1) =
            (uint8_t)(0x80 + i);
    }
    return instance;
}

static void loads_extend_splat_and_fill_with_zeros(void **state)
{
    (void)state;
    const struct {
        const char *name;
        wisp_value result;
    } cases[] = {
        {"load", vector(0x83828180, 0x87868584, 0x8b8a8988, 0x8f8e8d8c)},
        {"load_1", vector(0x84838281, 0x88878685, 0x8c8b8a89, 0x908f8e8d)},
        {"load8x8_s", vector(0xff81ff80, 0xff83ff82, 0xff85ff84, 0xff87ff86)},
        {"load8x8_u", vector(0x00810080, 0x00830082, 0x00850084, 0x00870086)},
        {"load16x4_s", vector(0xffff8180, 0xffff8382, 0xffff8584, 0xffff8786)},
        {"load16x4_u", vector(0x8180, 0x8382, 0x8584, 0x8786)},
        {"load32x2_s", vector(0x83828180, 0xffffffff, 0x87868584, 0xffffffff)},
        {"load32x2_u", vector(0x83828180, 0, 0x87868584, 0)},
        {"load8_splat", vector(0x80808080, 0x80808080, 0x80808080, 0x80808080)},
        {"load16_splat", vector(0x81808180, 0x81808180, 0x81808180, 0x81808180)},
        {"load32_splat", vector(0x83828180, 0x83828180, 0x83828180, 0x83828180)},
        {"load64_splat", vector(0x83828180, 0x87868584, 0x83828180, 0x87868584)},
        {"load32_zero", vector(0x83828180, 0, 0, 0)},
        {"load64_zero", vector(0x83828180, 0x87868584, 0, 0)},
    };
    fixture f;
    wisp_instance *instance = access(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value address = wisp_i32(16), result;
        assert_call(&f, instance, cases[i].name, &address, &result);
        assert_vector(result, cases[i].result);
    }
    fixture_deinit(&f);
}

static void lanes_are_loaded_into_vectors(void **state)
{
    (void)state;
    const struct {
        const char *name;
        wisp_value result;
    } cases[] = {
        {"load8_lane", vector(0x80000001, 2, 3, 4)},
        {"load16_lane", vector(1, 2, 3, 0x81800004)},
        {"load32_lane", vector(0x83828180, 2, 3, 4)},
        {"load64_lane", vector(1, 2, 0x83828180, 0x87868584)},
    };
    fixture f;
    wisp_instance *instance = access(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_value args[] = {wisp_i32(16), vector(1, 2, 3, 4)}, result;
        assert_call(&f, instance, cases[i].name, args, &result);
        assert_vector(result, cases[i].result);
    }
    fixture_deinit(&f);
}

static void vectors_and_lanes_are_stored(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t size, first; /* how many bytes of the vector 1, 2, …, 16, and from which */
    } cases[] = {{"store", 16, 0},
                 {"store8_lane", 1, 15},
                 {"store16_lane", 2, 2},
                 {"store32_lane", 4, 12},
                 {"store64_lane", 8, 0}};
    fixture f;
    wisp_instance *instance = access(&f);
    wisp_value args[] = {wisp_i32(100), vector(0x04030201, 0x08070605, 0x0c0b0a09, 0x100f0e0d)};
    uint8_t *memory = wisp_memory_at(wisp_instance_memory(instance, "first"), 100, 17);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(memory, 0xee, 17);
        assert_call(&f, instance, cases[i].name, args, NULL);
        assert_memory_equal(memory, args[1].of.v128 + cases[i].first, cases[i].size);
        assert_int_equal(memory[cases[i].size], 0xee);
    }
    assert_call(&f, instance, "store_1", args, NULL);
    memory = wisp_memory_at(wisp_instance_memory(instance, "second"), 100, 18);
    assert_int_equal(memory[0], 0);
    assert_memory_equal(memory + 1, args[1].of.v128, WISP_V128_SIZE);
    assert_int_equal(memory[17], 0);
    fixture_deinit(&f);
}

static void an_access_that_is_not_wholly_inside_traps_and_changes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t size;
        bool is_store;
    } cases[] = {
        {"load", 16, false},        {"load_1", 17, false},      {"store", 16, true},
        {"store_1", 17, true},      {"load8x8_s", 8, false},    {"load8_splat", 1, false},
        {"load16_splat", 2, false}, {"load32_splat", 4, false}, {"load32_zero", 4, false},
        {"load64_zero", 8, false},  {"store8_lane", 1, true},   {"store64_lane", 8, true},
    };
    fixture f;
    wisp_instance *instance = access(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t last = WISP_PAGE_SIZE - cases[i].size;
        wisp_value args[] = {wisp_i32((int32_t)(last + 1)), vector(1, 2, 3, 4)}, result;
        wisp_func *func = wisp_instance_func(instance, cases[i].name);
        uint32_t params = cases[i].is_store ? 2 : 1, results = cases[i].is_store ? 0 : 1;
        assert_int_equal(wisp_call(func, args, params, &result, results, &f.err), WISP_TRAP);
        assert_int_equal(wisp_store_trap(f.store)->code, WISP_TRAP_MEMORY);
        for (uint64_t k = last; k < WISP_PAGE_SIZE; k++) {
            assert_int_equal(*wisp_memory_at(wisp_instance_memory(instance, "first"), k, 1), 0);
            assert_int_equal(*wisp_memory_at(wisp_instance_memory(instance, "second"), k, 1), 0);
        }
        args[0] = wisp_i32((int32_t)last);
        assert_int_equal(wisp_call(func, args, params, &result, results, &f.err), WISP_OK);
        memset(wisp_memory_at(wisp_instance_memory(instance, "first"), last, cases[i].size), 0,
               cases[i].size);
        memset(wisp_memory_at(wisp_instance_memory(instance, "second"), last, cases[i].size), 0,
               cases[i].size);
    }
    wisp_value address = wisp_i32(-1), result;
    assert_int_equal(wisp_call_export(instance, "load_far", &address, 1, &result, 1, &f.err),
                     WISP_TRAP);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_take_and_give_vectors_among_other_values),
        cmocka_unit_test(the_program_s_functions_take_and_give_vectors),
        cmocka_unit_test(vectors_go_to_other_instances_and_come_back),
        cmocka_unit_test(a_global_holds_a_vector),
        cmocka_unit_test(select_chooses_between_vectors),
        cmocka_unit_test(branches_take_vectors_along),
        cmocka_unit_test(a_loop_carries_a_vector),
        cmocka_unit_test(vectors_that_move_by_one_slot_stay_whole),
        cmocka_unit_test(unreachable_code_may_be_about_vectors),
        cmocka_unit_test(loads_extend_splat_and_fill_with_zeros),
        cmocka_unit_test(lanes_are_loaded_into_vectors),
        cmocka_unit_test(vectors_and_lanes_are_stored),
        cmocka_unit_test(an_access_that_is_not_wholly_inside_traps_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
