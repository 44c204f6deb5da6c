#include <cstdio>
#include <stdexcept>
#include <string>

extern "C" {
#include "stub.h"
}

/*
 * Exceptions of C++ pass both crossings: thrown by the original, or by a function that a patch
 * calls, caught by the caller, with everything between cleaned up.
 */

wisp_patch_detour *stub_detour;

namespace {

int failures, cleaned, number;

void claim(bool holds, const char *name)
{
    number++;
    failures += !holds;
    std::printf("%sok %d - %s\n", holds ? "" : "not ", number, name);
}

struct guard {
    ~guard()
    {
        cleaned++;
    }
};

int throw_if_odd(int value)
{
    guard g;
    if (value % 2)
        throw std::runtime_error(std::to_string(value));
    return value;
}

bool pass_on(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    guard g;
    wisp_patch_call(detour->original, frame, 0);
    return true;
}

bool decline(wisp_patch_frame *, wisp_patch_detour *)
{
    return false;
}

bool catch_it(wisp_patch_frame *frame, wisp_patch_detour *detour)
{
    try {
        wisp_patch_call(detour->original, frame, 0);
    } catch (const std::runtime_error &) {
        frame->results.integers[0] = 99;
    }
    return true;
}

bool throw_itself(wisp_patch_frame *, wisp_patch_detour *)
{
    throw std::runtime_error("7");
}

/* What the patched function gives, or minus what it throws. */
int call(bool (*dispatch)(wisp_patch_frame *, wisp_patch_detour *), int value)
{
    wisp_patch_detour detour = {dispatch, reinterpret_cast<const void *>(throw_if_odd)};
    stub_detour = &detour;
    cleaned = 0;
    int (*volatile patched)(int) = reinterpret_cast<int (*)(int)>(stub);
    try {
        guard g;
        return patched(value);
    } catch (const std::runtime_error &e) {
        return -std::stoi(e.what());
    }
}

} // namespace

int main()
{
    claim(call(pass_on, 4) == 4 && cleaned == 3, "without_an_exception_results_come_back");
    claim(call(pass_on, 5) == -5 && cleaned == 3, "exceptions_pass_both_crossings");
    claim(call(decline, 5) == -5 && cleaned == 2, "a_declined_original_may_throw");
    claim(call(catch_it, 5) == 99 && cleaned == 2, "between_the_crossings_they_can_be_caught");
    claim(call(throw_itself, 4) == -7 && cleaned == 1, "what_dispatches_may_throw");
    std::printf("1..%d\n", number);
    return failures != 0;
}
