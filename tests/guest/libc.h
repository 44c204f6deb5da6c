#ifndef TESTS_GUEST_LIBC_H
#define TESTS_GUEST_LIBC_H

/* The tests in libc.c, for both of those who run them. */
#define LIBC_TESTS(X)                                                                            \
    X(bytes_are_copied_compared_and_found)                                                       \
    X(strings_are_copied)                                                                        \
    X(strings_are_measured_and_compared)                                                         \
    X(strings_are_searched)                                                                      \
    X(strings_are_split)                                                                         \
    X(characters_have_their_classes)                                                             \
    X(numbers_are_read)                                                                          \
    X(items_are_sorted_and_found)                                                                \
    X(memory_is_allocated_kept_apart_and_used_again)                                             \
    X(allocations_are_cleared_resized_and_refused)                                               \
    X(memory_does_not_run_out_of_what_is_freed)                                                  \
    X(numbers_are_written)                                                                       \
    X(texts_are_written)                                                                         \
    X(what_does_not_fit_is_cut_and_counted)                                                      \
    X(chance_repeats_after_its_seed)                                                             \
    X(what_is_asserted_holds)

#ifdef __wasm__
#define LIBC_TEST(name) __attribute__((export_name("test_" #name))) int test_##name(void);
#else
#define LIBC_TEST(name) int test_##name(void);
#endif
LIBC_TESTS(LIBC_TEST)

#endif
