#include "base/hex.h"
#include "trust/crypto.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/*
 * The vectors were made by the openssl command over the message "wisp":
 *     openssl dgst -sha256 [-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1] -sign
 * key.pem
 */
static const char p256_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt12A1KoplOEm9BiD0mwIRyzeD+wr\n"
    "UsWWi4p3sOqaYbZtILrdFqPwJvTqoGXQzi0N8/wjdOhi8Andd/++AVPtkg==\n"
    "-----END PUBLIC KEY-----\n";
static const char p256_key_compressed[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACt12A1KoplOEm9BiD0mwIRyzeD+wr\n"
    "UsWWi4p3sOqaYbY=\n"
    "-----END PUBLIC KEY-----\n";
static const char p256_signature[] =
    "304402204baed36262bd84e76d51f8b5cfb637991e61d4ebf1bda260b2a207cb3a14d7a702203520"
    "0867ed4b90b91594f6659641e84e8dd8eaaa5e13edd574c2332f836e63e3";
static const char p384_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEwXkP9DzljY+SNy8X9vKzntopgcbmUXpL\n"
    "mTv5JLphl4l5zZZaRaI49bsv2TILd1qnXwKOr4T0jB/kTl5TYStCqGAA11KZK8mr\n"
    "BC35RLA92nft2PhllVYWI7lsXRKgznlV\n"
    "-----END PUBLIC KEY-----\n";
static const char p384_signature[] =
    "30650231008ae5eb77ce7f569c434da2797302564ea9384165b230d95538bc21976499d915e2c3ee"
    "5929781c44876f1bea5a06e8c402302461b225c5a3dfb5c9594cece0c9551775b6b45de3455418c8"
    "b2ce0daa42831f7e6409bc3bd354ec949f0bdf5601fcbf";
static const char rsa_key[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnfsRCoDFIFDtbXCPS8df\n"
                              "7TeNSNeXTkOQwDZ9CDltXUAxFYPwCEBRdrLDJN9cqHbrvGk1vA/ZIxtoQ91BBaii\n"
                              "udx/B+KcdR3CQKh3FOR4RbsyeDOqs80ss2eSOAOxA7KEcKj3RV1EkVzbCJAJr9OW\n"
                              "QfXXfWgeUnIq1e7SOmu7wqWkBAG6GJ+26OmVWiMK5fLY/HIbzsJoDnxzyW4Thg6y\n"
                              "gIxm8TaZLz4lSM0r5r52gPOul3NKX6GbGmRscjXlUEcLltepd+2hmnD4JFj/EyoB\n"
                              "dr2PNxOnmMvBFQprx7WqKl2DM1zVYGSTa4XOtBxY01uc51pr9XVixwywo2I5oQnx\n"
                              "SwIDAQAB\n"
                              "-----END PUBLIC KEY-----\n";
static const char rsa_signature[] =
    "383030cb3a66bb112aa714e5dcf324b902c0a78a6f416bfb5f39f6dcb3301397278d4516e5a7d7a2"
    "a655ec7b6471a4b6cf53428e7f4a07dfc18b5cd87143c9e68d26f76ca8127ef0ac16b2f403a58952"
    "d75aa7d1af98dd8aa31e7f1820bde6c883a8929dd52d01ba6b398feda63d33e7292f0171081df705"
    "7ab8d4ce640ab4db3a65517f5bc87bd3f1fa6778c2568c097e9adbe150ed22c4fbafbf90cd7e38a4"
    "e82ceda7096199866da0fd5aa2e8fcf34d06498507fa3ee0ac131120c115b9bc486b9510dda128c1"
    "eb1a19733a4b2da436ea5ec03274f0a7f6458e252e44d8ee433e8978ec0dd712fc87c7a85862217f"
    "1d6221bda8988b83213096b489fea9e9";
static const char rsa_signature_long_salt[] =
    "5aa4c355b23d72bff9c3f0d95113c13a46264c92f19e57657b9fa5a2b61e2b0170c0474f16e14941"
    "5edbd4cb5dc0530fc8483ce19aa381a40d01678804a271f76b538f9f9cff9659fcc8b66aeadc6cb7"
    "da8962c8f6db62af732b37d51b2336aa8ca544bc6398ca52930ac8e9dcf598ea8d59b43539015e13"
    "8088628b1951b08d597db64f490e6321f8584b512c0b21fde7dee17b5a330ea2dd98ed0ee14e7526"
    "12745aef2cbf1b6b1e0e3b3a8a924de7541e10d4433185e6eb1a021670e734df407c9387b925e34e"
    "fe6e84f2e005afa5227b394a2d998753965bc4c603d647e5033620b9f2378370ae302793a1ca6c61"
    "e8f1a1b4a99231699664631e4ade508a";
static const char rsa_pkcs1_signature[] =
    "5eece64de431baa1effe750319a1ea86528553efea3d721b08ca80a6c896c89743e28ba936ca7e12"
    "7e6173e138954a31caf439e4db95525c5c148f13dd330f4e6e9c3c317ca7abde501d9c2fc691e292"
    "4cbe4ae795e09f0008ee30babb02b74816134e0a728d207e362e08ec18278eab70bc362adcf6b2a7"
    "e474e05e44adab03b5d80bbe8d391aefab085d817d7fd1ff370160ea54e975d1060721d450d1a9c6"
    "9fc66c47e59759e8965da2b6d6159d79d31cedb498a6c80fc7422a4df4b75158531e1ccca245ac30"
    "fe63aef42656e79bb8fba33ff95b535980838ee6a8d46d4e5ae5f3b20a7f8830ad1d5804ccc617b1"
    "044154ea8a32437eac6478fdb3afb412";
static const char rsa_1024_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDFTdoq6pJ8XsbycmA5n0n6VAN9\n"
    "Kx1FazcNfp7fk9uobuwtkrcP7cTjun20L2uNJyoNWX55py/wmJ4oiFnlq7WqC+X0\n"
    "11hngKQ47tiGEXTNqR/vD11yO9oKoODVIDQ6T3Ulxj/A8M4tyPX5ZQTeh59MBs30\n"
    "13fHZjLzK+I4/SPbSQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char rsa_1024_signature[] =
    "81613b84b508852b791c13181d1c75a52b7784b20f9945718cf93ca453f2e7ee7fa40639ed7e8f58"
    "80d57eb7e40c1dd557eeef0ae8a7040ced55741855202ee5c8aaa2d0ac5ae7159c8145e8ca8d3a9b"
    "1b2f497d5f2768b14c0bbb8eeedf4de914c0b244ea7b69ce6e188478073c817dbdaa74f5f979be28"
    "9ad1b8e0500f47f4";

static wisp_bytes text(const char *s)
{
    return (wisp_bytes){(const uint8_t *)s, strlen(s)};
}

static const wisp_bytes message = {(const uint8_t *)"wisp", 4};

static wisp_bytes unhex(const char *hex, uint8_t *bytes)
{
    size_t size = strlen(hex) / 2;
    assert_true(wisp_hex_parse(hex, bytes, size));
    return (wisp_bytes){bytes, size};
}

/* FIPS 180-4, the examples "abc" and the empty text. */
static void hashes_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *input, *sha256;
    } cases[] = {
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    };
    char printed[WISP_HASH_TEXT_SIZE], wide[2 * WISP_SHA512_SIZE + 1];
    wisp_hash hash;
    uint8_t sha512[WISP_SHA512_SIZE];
    for (size_t i = 0; i < 2; i++) {
        assert_true(wisp_sha256(text(cases[i].input), &hash));
        wisp_hash_print(&hash, printed);
        assert_string_equal(printed, cases[i].sha256);
    }
    assert_true(wisp_sha512(text("abc"), sha512));
    wisp_hex_print(sha512, sizeof sha512, wide);
    assert_string_equal(wide, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                              "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void a_hasher_gives_the_same_in_pieces_and_starts_anew(void **state)
{
    (void)state;
    wisp_hash whole, pieces;
    wisp_hasher *hasher = wisp_hasher_new();
    assert_non_null(hasher);
    assert_true(wisp_sha256(text("abcdef"), &whole));
    for (int round = 0; round < 2; round++) {
        wisp_hasher_add(hasher, "abc", 3);
        wisp_hasher_add(hasher, NULL, 0);
        wisp_hasher_add(hasher, "def", 3);
        pieces = wisp_hasher_finish(hasher);
        assert_memory_equal(pieces.bytes, whole.bytes, sizeof whole.bytes);
    }
    wisp_hasher_free(hasher);
    wisp_hasher_free(NULL);
}

/* RFC 8032, 7.1, test 3. */
static void ed25519_is_that_of_the_standard(void **state)
{
    (void)state;
    uint8_t seed[32], expected_key[32], key[32], signature[64], expected[64];
    static const uint8_t input[] = {0xaf, 0x82};
    unhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", seed);
    unhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", expected_key);
    unhex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
          "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
          expected);
    assert_true(wisp_ed25519_public(seed, key));
    assert_memory_equal(key, expected_key, sizeof key);
    wisp_bytes bytes = {input, sizeof input}, k = {key, sizeof key};
    assert_true(wisp_ed25519_sign(seed, bytes, signature));
    assert_memory_equal(signature, expected, sizeof signature);
    wisp_bytes s = {signature, sizeof signature};
    assert_true(wisp_signature_verify(WISP_SCHEME_ED25519, k, bytes, s));
    s.size--;
    assert_false(wisp_signature_verify(WISP_SCHEME_ED25519, k, bytes, s));
    s.size++;
    k.size--;
    assert_false(wisp_signature_verify(WISP_SCHEME_ED25519, k, bytes, s));
    k.size++;
    assert_false(wisp_signature_verify(WISP_SCHEME_ED25519, k, message, s));
    signature[40] ^= 4;
    assert_false(wisp_signature_verify(WISP_SCHEME_ED25519, k, bytes, s));
}

static void each_scheme_takes_its_own_signatures_alone(void **state)
{
    (void)state;
    static const struct {
        const char *key, *signature;
        int holds_as; /* a scheme, or -1 */
    } cases[] = {
        {p256_key, p256_signature, WISP_SCHEME_ECDSA_P256},
        {p256_key_compressed, p256_signature, WISP_SCHEME_ECDSA_P256},
        {rsa_key, rsa_signature, WISP_SCHEME_RSA_PSS},
        {rsa_key, rsa_signature_long_salt, WISP_SCHEME_RSA_PSS},
        {rsa_key, rsa_pkcs1_signature, -1},
        {rsa_key, p256_signature, -1},
        {p256_key, rsa_signature, -1},
        {p384_key, p384_signature, -1},
        {rsa_1024_key, rsa_1024_signature, -1},
        {"", p256_signature, -1},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", p256_signature, -1},
    };
    uint8_t bytes[512];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_bytes signature = unhex(cases[i].signature, bytes);
        for (int scheme = WISP_SCHEME_ED25519; scheme <= WISP_SCHEME_RSA_PSS; scheme++) {
            bool holds = scheme == cases[i].holds_as;
            assert_int_equal(wisp_signature_verify((wisp_scheme)scheme, text(cases[i].key),
                                                   message, signature),
                             holds);
            if (!holds)
                continue;
            assert_false(wisp_signature_verify((wisp_scheme)scheme, text(cases[i].key),
                                               text("Wisp"), signature));
            bytes[signature.size / 2] ^= 1;
            assert_false(wisp_signature_verify((wisp_scheme)scheme, text(cases[i].key), message,
                                               signature));
            bytes[signature.size / 2] ^= 1;
        }
    }
}

static void a_key_is_itself_however_it_is_written(void **state)
{
    (void)state;
    char padded[1024];
    snprintf(padded, sizeof padded, "a comment\n%s\n\n", p256_key);
    assert_true(wisp_key_equal(WISP_SCHEME_ECDSA_P256, text(p256_key), text(padded)));
    assert_true(
        wisp_key_equal(WISP_SCHEME_ECDSA_P256, text(p256_key), text(p256_key_compressed)));
    assert_true(wisp_key_equal(WISP_SCHEME_RSA_PSS, text(rsa_key), text(rsa_key)));
    assert_false(wisp_key_equal(WISP_SCHEME_RSA_PSS, text(rsa_key), text(p256_key)));
    uint8_t a[32] = {9}, b[32] = {8};
    assert_true(wisp_key_equal(WISP_SCHEME_ED25519, (wisp_bytes){a, 32}, (wisp_bytes){a, 32}));
    assert_false(wisp_key_equal(WISP_SCHEME_ED25519, (wisp_bytes){a, 32}, (wisp_bytes){b, 32}));
}

/* The library would ask for it at the terminal. */
static void an_encrypted_key_asks_nobody_for_a_password(void **state)
{
    (void)state;
    static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
                              "Proc-Type: 4,ENCRYPTED\n"
                              "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n"
                              "\n"
                              "AAAAAAAAAAAAAAAAAAAAAA==\n"
                              "-----END PUBLIC KEY-----\n";
    uint8_t bytes[512];
    wisp_bytes signature = unhex(p256_signature, bytes);
    assert_false(wisp_signature_verify(WISP_SCHEME_ECDSA_P256, text(key), message, signature));
}

static void the_error_queue_of_the_program_is_left_alone(void **state)
{
    (void)state;
    uint8_t bytes[512];
    wisp_bytes signature = unhex(p256_signature, bytes);
    ERR_clear_error();
    ERR_raise(ERR_LIB_USER, 7);
    assert_false(wisp_signature_verify(WISP_SCHEME_RSA_PSS, text("no key"), message, signature));
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), 7);
    assert_int_equal(ERR_get_error(), 0);
}

static void hexadecimal_is_lower_case_and_exact(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         "0",        "00112",    "0011223", "001122334",
                                      "00112G33", "0011AA33", "001122 3", "-0112233"};
    uint8_t bytes[4];
    char back[9];
    assert_true(wisp_hex_parse("00fa9b33", bytes, 4));
    wisp_hex_print(bytes, 4, back);
    assert_string_equal(back, "00fa9b33");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(wisp_hex_parse(bad[i], bytes, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_the_standard),
        cmocka_unit_test(a_hasher_gives_the_same_in_pieces_and_starts_anew),
        cmocka_unit_test(ed25519_is_that_of_the_standard),
        cmocka_unit_test(each_scheme_takes_its_own_signatures_alone),
        cmocka_unit_test(a_key_is_itself_however_it_is_written),
        cmocka_unit_test(an_encrypted_key_asks_nobody_for_a_password),
        cmocka_unit_test(the_error_queue_of_the_program_is_left_alone),
        cmocka_unit_test(hexadecimal_is_lower_case_and_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
