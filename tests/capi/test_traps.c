#include "../words.h"
#include "fixture.h"
#include "modules.h"

enum { CALLBACK, UNREACHABLE };

static const char long_words[] =
    "0123456789012345678901234567890123456789012345678901234567890123"
    "0123456789012345678901234567890123456789012345678901234567890123"
    "0123456789012345678901234567890123456789012345678901234567890123"
    "0123456789012345678901234567890123456789012345678901234567890123";

/* What the program's function fails with, by handle. */
typedef struct failure {
    wasm_store_t *store;
    const char *words;
    wasm_trap_t *trap; /* the same again, to be compared */
} failure;

static wasm_trap_t *fail_back(void *env, const wasm_val_vec_t *args, wasm_val_vec_t *results)
{
    (void)args;
    (void)results;
    failure *failed = env;
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, failed->words);
    wasm_trap_t *trap = wasm_trap_new(failed->store, &message);
    wasm_byte_vec_delete(&message);
    failed->trap = wasm_trap_copy(trap);
    return trap;
}

static void setup(fixture *f, failure *failed, const char *words)
{
    fixture_init(f);
    LOAD(f, traps_wasm);
    *failed = (failure){f->store, words, NULL};
    wasm_functype_t *type = wasm_functype_new_0_1(wasm_valtype_new_i32());
    wasm_func_t *func = wasm_func_new_with_env(f->store, type, fail_back, failed, NULL);
    wasm_extern_t *import = wasm_func_as_extern(func);
    fixture_instantiate(f, &import, 1);
    wasm_func_delete(func);
    wasm_functype_delete(type);
}

static wasm_trap_t *call(const fixture *f, size_t index)
{
    wasm_val_vec_t in = WASM_EMPTY_VEC, out = WASM_EMPTY_VEC;
    return wasm_func_call(fixture_func(f, index), &in, &out);
}

static void assert_message(const wasm_trap_t *trap, const char *text)
{
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    assert_int_equal(message.size, strlen(message.data) + 1);
    assert_true(words_are(message.data, text));
    wasm_byte_vec_delete(&message);
}

static void a_trap_has_words_and_frames(void **state)
{
    (void)state;
    fixture f;
    failure failed;
    setup(&f, &failed, "");
    wasm_trap_t *trap = call(&f, UNREACHABLE);
    assert_message(trap, "unreachable");
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    assert_int_equal(frames.size, 2);
    assert_int_equal(wasm_frame_func_index(frames.data[0]), 2);
    assert_int_equal(wasm_frame_func_index(frames.data[1]), 3);
    assert_int_equal(wasm_frame_func_offset(frames.data[0]), 1);
    assert_int_equal(traps_wasm[wasm_frame_module_offset(frames.data[0])],
                     0x00); /* unreachable */
    assert_int_equal(traps_wasm[wasm_frame_module_offset(frames.data[1])], 0x10); /* call */
    assert_non_null(wasm_frame_instance(frames.data[0]));
    assert_true(wasm_instance_same(wasm_frame_instance(frames.data[0]),
                                   wasm_frame_instance(frames.data[1])));
    wasm_frame_t *origin = wasm_trap_origin(trap);
    assert_int_equal(wasm_frame_module_offset(origin), wasm_frame_module_offset(frames.data[0]));
    wasm_trap_delete(trap);
    wasm_frame_vec_delete(&frames);
    wasm_extern_vec_t exports;
    wasm_instance_exports(wasm_frame_instance(origin), &exports); /* it is the one that ran */
    assert_ptr_equal(exports.data[0], f.exports.data[0]);
    wasm_extern_vec_delete(&exports);
    wasm_frame_delete(origin);
    fixture_deinit(&f);
}

static void the_trap_of_a_callback_comes_out_as_it_is(void **state)
{
    (void)state;
    fixture f;
    failure failed;
    setup(&f, &failed, long_words);
    wasm_trap_t *trap = call(&f, CALLBACK);
    assert_ptr_equal(trap, failed.trap);
    assert_true(wasm_trap_same(trap, failed.trap));
    assert_message(trap, long_words);
    wasm_frame_t *origin = wasm_trap_origin(trap);
    assert_int_equal(wasm_frame_func_index(origin), 1);
    wasm_frame_delete(origin);
    wasm_trap_delete(failed.trap);
    wasm_trap_delete(trap);
    fixture_deinit(&f);
}

static void a_message_without_its_nul_gets_one(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    wasm_message_t message;
    wasm_name_new_from_string(&message, "words");
    wasm_trap_t *trap = wasm_trap_new(f.store, &message);
    wasm_byte_vec_delete(&message);
    assert_message(trap, "words");
    assert_null(wasm_trap_origin(trap));
    wasm_frame_vec_t frames;
    wasm_trap_trace(trap, &frames);
    assert_int_equal(frames.size, 0);
    wasm_trap_delete(trap);
    fixture_deinit(&f);
}

static wasm_trap_t *instantiate(const fixture *f, wasm_extern_t **imports, size_t count)
{
    wasm_extern_vec_t vec = {count, imports};
    wasm_trap_t *trap = NULL;
    assert_null(wasm_instance_new(f->store, f->module, &vec, NULL));
    assert_null(wasm_instance_new(f->store, f->module, &vec, &trap));
    assert_non_null(trap);
    return trap;
}

static void an_instance_that_cannot_be_says_why(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f);
    LOAD(&f, start_wasm);
    wasm_trap_t *trap = instantiate(&f, NULL, 0);
    assert_message(trap, "unreachable");
    wasm_frame_t *origin = wasm_trap_origin(trap);
    assert_int_equal(wasm_frame_func_index(origin), 0);
    wasm_frame_delete(origin);
    wasm_trap_delete(trap);
    LOAD(&f, traps_wasm);
    trap = instantiate(&f, NULL, 0);
    assert_message(trap, "0 imports given, the module has 1");
    wasm_trap_delete(trap);
    wasm_functype_t *type = wasm_functype_new_0_0();
    wasm_func_t *func = wasm_func_new_with_env(f.store, type, fail_back, NULL, NULL);
    wasm_extern_t *import = wasm_func_as_extern(func);
    trap = instantiate(&f, &import, 1);
    assert_message(trap, "incompatible import type: host.fail is func () -> (), expected func "
                         "() -> (i32)");
    wasm_trap_delete(trap);
    wasm_func_delete(func);
    wasm_functype_delete(type);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trap_has_words_and_frames),
        cmocka_unit_test(the_trap_of_a_callback_comes_out_as_it_is),
        cmocka_unit_test(a_message_without_its_nul_gets_one),
        cmocka_unit_test(an_instance_that_cannot_be_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
