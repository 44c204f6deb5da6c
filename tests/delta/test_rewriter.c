#include "delta/rewriter.h"

#include "modules.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* A module's way through the rewriter, and what it was asked. */
typedef struct passage {
    uint32_t turn; /* numbers below 2 * turn are turned round in pairs of halves; 0: none is */
    size_t asked[WISP_REFERENCE_COUNT];
    uint8_t *data;
    size_t size;
} passage;

/* Its own inverse, over all that can be a reference. */
static uint64_t turn(void *context, wisp_reference kind, uint64_t value)
{
    passage *p = context;
    p->asked[kind]++;
    assert_true(value < wisp_reference_end(kind));
    if (value >= 2 * (uint64_t)p->turn)
        return value;
    return value < p->turn ? value + p->turn : value - p->turn;
}

static wisp_status keep(void *context, const uint8_t *data, size_t size, wisp_error *err)
{
    passage *p = context;
    (void)err;
    p->data = realloc(p->data, p->size + size);
    memcpy(p->data + p->size, data, size);
    p->size += size;
    return WISP_OK;
}

static wisp_status pass(passage *p, wisp_bytes in, bool to_plain, size_t piece, wisp_error *err)
{
    wisp_rewriter rw;
    wisp_status status = WISP_OK;
    wisp_rewriter_init(&rw, &(wisp_rewriter_config){to_plain, turn, keep, p});
    for (size_t at = 0; at < in.size && status == WISP_OK; at += piece) {
        size_t size = in.size - at < piece ? in.size - at : piece;
        status = wisp_rewriter_feed(&rw, in.data + at, &size, err);
    }
    return status == WISP_OK ? wisp_rewriter_finish(&rw, err) : status;
}

static wisp_bytes bytes_of(const passage *p)
{
    return (wisp_bytes){p->data, p->size};
}

static void assert_comes_back(wisp_bytes module, uint32_t by)
{
    wisp_error err = {0};
    passage out = {.turn = by}, back = {.turn = by}, single = {.turn = by};
    assert_int_equal(pass(&out, module, false, 1000, &err), WISP_OK);
    assert_int_equal(pass(&single, module, false, 1, &err), WISP_OK);
    assert_int_equal(single.size, out.size);
    assert_memory_equal(single.data, out.data, out.size);
    assert_int_equal(pass(&back, bytes_of(&out), true, 7, &err), WISP_OK);
    assert_int_equal(back.size, module.size);
    assert_memory_equal(back.data, module.data, module.size);
    free(out.data);
    free(back.data);
    free(single.data);
}

static void the_way_back_is_the_inverse_of_the_way_out(void **state)
{
    static const uint32_t turns[] = {0, 1, 3, 64, 100, 8192, 1 << 20, 1 << 26};
    (void)state;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        for (uint32_t seed = 0; seed < 100; seed++) {
            wisp_bytes module = delta_generated(seed);
            assert_comes_back(module, turns[i]);
            delta_free(module);
        }
        for (int is_padded = 0; is_padded < 2; is_padded++) {
            wisp_bytes module =
                delta_module_build(&(delta_module){.functions = 200, .is_padded = is_padded});
            assert_comes_back(module, turns[i]);
            delta_free(module);
        }
    }
}

static void it_asks_for_each_kind_of_reference(void **state)
{
    (void)state;
    for (int is_padded = 0; is_padded < 2; is_padded++) {
        passage p = {0};
        wisp_bytes module =
            delta_module_build(&(delta_module){.functions = 50, .is_padded = is_padded});
        assert_int_equal(pass(&p, module, false, module.size, NULL), WISP_OK);
        assert_int_equal(p.size, module.size);
        assert_memory_equal(p.data, module.data, p.size);
        assert_true(p.asked[WISP_REFERENCE_FUNCTION] > 100);
        assert_true(p.asked[WISP_REFERENCE_TYPE] > 100);
        assert_true(p.asked[WISP_REFERENCE_GLOBAL] > 100);
        assert_true(p.asked[WISP_REFERENCE_LOCAL] > 100);
        assert_true(p.asked[WISP_REFERENCE_CONST_32] > 100);
        assert_in_range(p.asked[WISP_REFERENCE_UNIT], 2 * 50,
                        3 * 50); /* few of the third are small */
        assert_int_equal(p.asked[WISP_REFERENCE_OFFSET_PADDED] > 100, is_padded);
        assert_int_equal(p.asked[WISP_REFERENCE_OFFSET] > 100, !is_padded);
        assert_int_equal(p.asked[WISP_REFERENCE_CONST_32_PADDED] > 100, is_padded);
        free(p.data);
        delta_free(module);
    }
}

static void a_module_that_was_cut_is_found_out(void **state)
{
    (void)state;
    wisp_bytes module = delta_module_build(&(delta_module){.functions = 10});
    size_t complete = 0;
    for (size_t size = 0; size < module.size; size++) {
        passage p = {0};
        complete += pass(&p, (wisp_bytes){module.data, size}, false, 100, NULL) == WISP_OK;
        free(p.data);
    }
    assert_int_equal(complete, 12); /* behind the magic number and between the sections */
    delta_free(module);
}

static void what_is_no_module_is_refused_or_comes_back(void **state)
{
    (void)state;
    wisp_bytes module = delta_module_build(&(delta_module){.functions = 20});
    for (uint32_t seed = 0; seed < 3000; seed++) {
        wisp_bytes broken = delta_scribbled(module, seed, 1 + seed % 4);
        passage out = {.turn = 50}, back = {.turn = 50};
        if (pass(&out, broken, false, 500, NULL) == WISP_OK) {
            assert_int_equal(pass(&back, bytes_of(&out), true, 500, NULL), WISP_OK);
            assert_int_equal(back.size, broken.size);
            assert_memory_equal(back.data, broken.data, back.size);
        }
        free(out.data);
        free(back.data);
        delta_free(broken);
    }
    delta_free(module);
}

static void numbers_that_are_written_long_are_no_references(void **state)
{
    /* global.get of 1, in 1 to 6 bytes; the full length, 5, is padded. */
    static const struct {
        const char *number;
        size_t size;
        bool is_asked;
    } cases[] = {
        {"\x01", 1, true},
        {"\x81\x00", 2, false},
        {"\x81\x80\x80\x00", 4, false},
        {"\x81\x80\x80\x80\x00", 5, true},
        {"\x81\x80\x80\x80\x80\x00", 6, false},
        {"\xff\xff\xff\x3f", 4, true},
        {"\x80\x80\x80\x40", 4, false}, /* 2^27 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t module[64] = "\0asm\1\0\0\0\x08"; /* a start section: the index of a function */
        passage p = {0};
        module[9] = (uint8_t)cases[i].size;
        memcpy(module + 10, cases[i].number, cases[i].size);
        assert_int_equal(pass(&p, (wisp_bytes){module, 10 + cases[i].size}, false, 64, NULL),
                         WISP_OK);
        assert_int_equal(p.asked[WISP_REFERENCE_FUNCTION], cases[i].is_asked);
        free(p.data);
    }
}

static void it_stops_in_front_of_a_body(void **state)
{
    (void)state;
    wisp_bytes module = delta_module_build(&(delta_module){.functions = 30});
    passage p = {0};
    wisp_rewriter rw;
    size_t at = 0, stops = 0;
    wisp_rewriter_init(&rw, &(wisp_rewriter_config){false, turn, keep, &p});
    wisp_rewriter_stop_at(&rw, 1);
    while (at < module.size) {
        size_t size = module.size - at;
        assert_int_equal(wisp_rewriter_feed(&rw, module.data + at, &size, NULL), WISP_OK);
        at += size;
        if (wisp_rewriter_has_stopped(&rw)) {
            stops++;
            assert_int_equal(rw.bodies, stops);
            assert_int_equal(module.data[at], 1); /* a body begins with one group of locals */
            wisp_rewriter_stop_at(&rw, stops < 30 ? stops + 1 : 0);
        }
    }
    assert_int_equal(stops, 30);
    assert_int_equal(wisp_rewriter_finish(&rw, NULL), WISP_OK);
    assert_int_equal(p.size, module.size);
    free(p.data);
    delta_free(module);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_way_back_is_the_inverse_of_the_way_out),
        cmocka_unit_test(it_asks_for_each_kind_of_reference),
        cmocka_unit_test(a_module_that_was_cut_is_found_out),
        cmocka_unit_test(what_is_no_module_is_refused_or_comes_back),
        cmocka_unit_test(numbers_that_are_written_long_are_no_references),
        cmocka_unit_test(it_stops_in_front_of_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
