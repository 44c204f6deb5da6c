#include "trust/metadata.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- documents that are right but for one thing ------------------------------------------ */

#define HASH "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define KEY                                                                                      \
    "{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\",\"keyval\":{\"public\":\"" HASH "\"}}"
#define ROLE "{\"keyids\":[\"k\"],\"threshold\":1}"

static const char *const documents[WISP_ROLE_LEN] = {
    [WISP_ROLE_ROOT] =
        "{\"signatures\":[{\"keyid\":\"k\",\"sig\":\"00\"}],\"signed\":{\"_type\":\"root\","
        "\"spec_version\":\"1.0.34\",\"version\":5,\"expires\":\"2030-01-01T00:00:00Z\","
        "\"consistent_snapshot\":true,\"keys\":{\"k\":" KEY "},\"roles\":{\"root\":" ROLE
        ",\"timestamp\":" ROLE ",\"snapshot\":" ROLE ",\"targets\":" ROLE "}}}",
    [WISP_ROLE_TIMESTAMP] =
        "{\"signatures\":[],\"signed\":{\"_type\":\"timestamp\",\"spec_version\":\"1.0.34\","
        "\"version\":5,\"expires\":\"2030-01-01T00:00:00Z\",\"meta\":{\"snapshot.json\":"
        "{\"version\":3,\"length\":77,\"hashes\":{\"sha256\":\"" HASH "\"}}}}}",
    [WISP_ROLE_SNAPSHOT] =
        "{\"signatures\":[],\"signed\":{\"_type\":\"snapshot\",\"spec_version\":\"1.0\","
        "\"version\":5,\"expires\":\"2030-01-01T00:00:00Z\",\"meta\":{\"targets.json\":"
        "{\"version\":3},\"other.json\":{\"version\":9}}}}",
    [WISP_ROLE_TARGETS] =
        "{\"signatures\":[],\"signed\":{\"_type\":\"targets\",\"spec_version\":\"1.0.34\","
        "\"version\":5,\"expires\":\"2030-01-01T00:00:00Z\",\"targets\":{\"a.wasm\":"
        "{\"length\":4,\"hashes\":{\"sha256\":\"" HASH "\",\"blake2b\":\"zz\"},"
        "\"custom\":{\"version\":12}}}}}",
};

static wisp_status parse(wisp_role role, const char *text, wisp_metadata **out, wisp_error *err)
{
    wisp_bytes bytes = {(const uint8_t *)text, strlen(text)};
    return wisp_metadata_parse(NULL, role, bytes, out, err);
}

/* [text] with the first [from] replaced by [to]; to be freed. */
static char *changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at)
        fail_msg("no %s in %s", from, text);
    char *copy = malloc(strlen(text) + strlen(to) + 1);
    assert_non_null(copy);
    sprintf(copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return copy;
}

static void a_right_document_says_what_it_has(void **state)
{
    (void)state;
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        wisp_metadata *m;
        assert_int_equal(parse((wisp_role)role, documents[role], &m, NULL), WISP_OK);
        assert_int_equal(wisp_metadata_role(m), role);
        assert_int_equal(wisp_metadata_version(m), 5);
        assert_int_equal(wisp_metadata_expires(m), 1893456000);
        assert_true(wisp_json_has(wisp_metadata_signed(m), "_type"));
        wisp_metadata_free(m);
    }
    wisp_metadata_free(NULL);
}

static void a_wrong_document_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        wisp_role role;
        wisp_status status;
        const char *from, *to, *words;
    } cases[] = {
        {WISP_ROLE_ROOT, WISP_MALFORMED,
         "\"signed\":", "\"sealed\":", "root.json: 'signed' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"signatures\":[", "\"signatures\":7,\"x\":[",
         "'signatures' is a number, expected an array"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "{\"keyid\":\"k\",\"sig\":\"00\"}", "7",
         "signatures: 'keyid' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"sig\":\"00\"", "\"sig\":0", "'sig' is a number"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "{\"keyid\":\"k\",\"sig\":\"00\"}",
         "{\"keyid\":\"k\",\"sig\":\"\"},{\"keyid\":\"k\",\"sig\":\"\"}",
         "two of key k, expected one a key"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"root\"", "\"targets\"",
         "'_type' is \"targets\", expected \"root\""},
        {WISP_ROLE_ROOT, WISP_UNSUPPORTED, "1.0.34", "2.0",
         "'spec_version' is \"2.0\", expected 1.x"},
        {WISP_ROLE_ROOT, WISP_UNSUPPORTED, "1.0.34", "1.", "'spec_version' is \"1.\""},
        {WISP_ROLE_ROOT, WISP_UNSUPPORTED, "1.0.34", "1..0", "'spec_version' is"},
        {WISP_ROLE_ROOT, WISP_UNSUPPORTED, "1.0.34", "10.0", "'spec_version' is"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"version\":5", "\"version\":0",
         "signed: 'version' is 0, expected 1 or more"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"version\":5", "\"version\":-5", "'version' is -5"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"version\":5", "\"version\":\"5\"",
         "'version' is a string"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "2030-01-01T", "2030-02-30T",
         "'expires' is \"2030-02-30T00:00:00Z\""},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"keys\":{", "\"keys\":7,\"x\":{",
         "'keys' is a number"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, KEY, "[]", "keys: k: not an object"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"keytype\"", "\"kind\"",
         "keys: k: 'keytype' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"scheme\"", "\"schema\"", "'scheme' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"keyval\"", "\"value\"", "'keyval' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"public\"", "\"private\"", "'public' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"roles\":{", "\"rules\":{", "'roles' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"snapshot\":{", "\"screenshot\":{",
         "roles: 'snapshot' is missing"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"threshold\":1", "\"threshold\":0",
         "roles: root: 'threshold' is 0, expected 1 or more"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "\"threshold\":1", "\"threshold\":null",
         "'threshold' is null"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "[\"k\"]", "[7]",
         "'keyids' has an item that is no string"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, "[\"k\"]", "\"k\"", "'keyids' is a string"},
        {WISP_ROLE_ROOT, WISP_MALFORMED, ":true", ":1", "'consistent_snapshot' is a number"},
        {WISP_ROLE_TIMESTAMP, WISP_MALFORMED, "\"meta\"", "\"mata\"",
         "timestamp.json: signed: meta: 'meta' is missing"},
        {WISP_ROLE_TIMESTAMP, WISP_MALFORMED, "snapshot.json", "snapshut.json",
         "'meta' does not list snapshot.json"},
        {WISP_ROLE_TIMESTAMP, WISP_MALFORMED, "\"version\":3", "\"version\":0",
         "meta: snapshot.json: 'version' is 0"},
        {WISP_ROLE_TIMESTAMP, WISP_MALFORMED, "\"length\":77", "\"length\":-1", "'length' is -1"},
        {WISP_ROLE_TIMESTAMP, WISP_MALFORMED, HASH, "BA7816",
         "'sha256' is no hash of 64 lower-case digits"},
        {WISP_ROLE_TIMESTAMP, WISP_MALFORMED, "\"" HASH "\"", "null", "'sha256' is null"},
        {WISP_ROLE_TIMESTAMP, WISP_UNSUPPORTED, "sha256", "md5",
         "'hashes' has neither sha256 nor sha512"},
        {WISP_ROLE_SNAPSHOT, WISP_MALFORMED, "targets.json", "elsewhere.json",
         "'meta' does not list targets.json"},
        {WISP_ROLE_SNAPSHOT, WISP_MALFORMED, "{\"version\":9}", "9",
         "meta: other.json: not an object"},
        {WISP_ROLE_TARGETS, WISP_MALFORMED, "\"targets\":{", "\"things\":{",
         "'targets' is missing"},
        {WISP_ROLE_TARGETS, WISP_MALFORMED, "\"length\":4", "\"size\":4",
         "targets: a.wasm: 'length' is missing"},
        {WISP_ROLE_TARGETS, WISP_MALFORMED, "\"hashes\"", "\"hush\"", "'hashes' is missing"},
        {WISP_ROLE_TARGETS, WISP_MALFORMED, "{\"version\":12}", "12",
         "'custom' is a number, expected an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_metadata *m;
        wisp_error err;
        char *text = changed(documents[cases[i].role], cases[i].from, cases[i].to);
        assert_int_equal(parse(cases[i].role, text, &m, &err), cases[i].status);
        assert_int_equal(err.status, cases[i].status);
        if (!strstr(err.text, cases[i].words))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].words);
        free(text);
    }
}

static void documents_and_lists_have_limits(void **state)
{
    (void)state;
    static const size_t limits[] = {512 << 10, 16 << 10, 2 << 20, 5 << 20};
    wisp_metadata *m;
    wisp_error err;
    for (int role = 0; role < WISP_ROLE_LEN; role++) {
        size_t size = limits[role];
        assert_int_equal(wisp_role_size_max((wisp_role)role), size);
        uint8_t *text = malloc(size + 1);
        assert_non_null(text);
        memset(text, ' ', size + 1);
        memcpy(text, documents[role], strlen(documents[role]));
        assert_int_equal(
            wisp_metadata_parse(NULL, (wisp_role)role, (wisp_bytes){text, size}, &m, &err),
            WISP_OK);
        wisp_metadata_free(m);
        assert_int_equal(
            wisp_metadata_parse(NULL, (wisp_role)role, (wisp_bytes){text, size + 1}, &m, &err),
            WISP_LIMIT);
        free(text);
    }
    static char many[129 * 40], list[129 * 5];
    for (int i = 0; i < 129; i++) {
        sprintf(many + strlen(many), "%s{\"keyid\":\"%d\",\"sig\":\"\"}", i ? "," : "", i);
        strcat(list, i ? ",\"k\"" : "\"k\"");
    }
    char *text = changed(documents[WISP_ROLE_ROOT], "{\"keyid\":\"k\",\"sig\":\"00\"}", many);
    assert_int_equal(parse(WISP_ROLE_ROOT, text, &m, &err), WISP_LIMIT);
    free(text);
    text = changed(documents[WISP_ROLE_ROOT], "\"k\"]", strcat(list, "]"));
    assert_int_equal(parse(WISP_ROLE_ROOT, text, &m, &err), WISP_LIMIT);
    free(text);
}

static void files_are_found_by_name(void **state)
{
    (void)state;
    wisp_metadata *timestamp, *snapshot, *targets;
    wisp_file_info info;
    wisp_error err;
    uint64_t version = 0;
    assert_int_equal(parse(WISP_ROLE_TIMESTAMP, documents[WISP_ROLE_TIMESTAMP], &timestamp, NULL),
                     WISP_OK);
    assert_int_equal(parse(WISP_ROLE_SNAPSHOT, documents[WISP_ROLE_SNAPSHOT], &snapshot, NULL),
                     WISP_OK);
    assert_int_equal(parse(WISP_ROLE_TARGETS, documents[WISP_ROLE_TARGETS], &targets, NULL),
                     WISP_OK);

    assert_int_equal(wisp_metadata_meta(timestamp, "snapshot.json", &info, &err), WISP_OK);
    assert_int_equal(info.version, 3);
    assert_int_equal(info.length, 77);
    assert_true(info.has_sha256);
    assert_false(info.has_sha512);
    assert_int_equal(wisp_metadata_meta(snapshot, "targets.json", &info, &err), WISP_OK);
    assert_true(info.length == WISP_LENGTH_UNKNOWN);
    assert_false(info.has_sha256);
    assert_int_equal(wisp_metadata_meta(snapshot, "nothing.json", &info, &err), WISP_NOT_FOUND);

    void *cursor = NULL;
    const char *name;
    int count = 0;
    while (wisp_metadata_next_meta(snapshot, &cursor, &name, &info))
        count++;
    assert_int_equal(count, 2);

    assert_int_equal(wisp_targets_find(targets, "a.wasm", &info, &err), WISP_OK);
    assert_int_equal(info.length, 4);
    assert_int_equal(wisp_json_number(info.custom, "version", &version, &err), WISP_OK);
    assert_int_equal(version, 12);
    assert_int_equal(wisp_targets_find(targets, "b.wasm", &info, &err), WISP_NOT_FOUND);
    assert_string_equal(err.text, "targets.json: no target 'b.wasm'");
    wisp_metadata_free(timestamp);
    wisp_metadata_free(snapshot);
    wisp_metadata_free(targets);
}

static void the_bytes_of_a_file_are_held_against_what_was_said(void **state)
{
    (void)state;
    wisp_file_info info = {.length = 3, .has_sha256 = true, .has_sha512 = true};
    wisp_bytes abc = {(const uint8_t *)"abc", 3};
    wisp_error err;
    assert_true(wisp_sha256(abc, &info.sha256));
    assert_true(wisp_sha512(abc, info.sha512));
    assert_int_equal(wisp_file_info_check(&info, "f", abc, &err), WISP_OK);
    assert_int_equal(wisp_file_info_check(&info, "f", (wisp_bytes){abc.data, 2}, &err),
                     WISP_UNTRUSTED);
    assert_string_equal(err.text, "f ends after 2 bytes, expected 3 (truncated download)");
    assert_int_equal(
        wisp_file_info_check(&info, "f", (wisp_bytes){(const uint8_t *)"abcd", 4}, &err),
        WISP_UNTRUSTED);
    assert_int_equal(
        wisp_file_info_check(&info, "f", (wisp_bytes){(const uint8_t *)"abd", 3}, &err),
        WISP_UNTRUSTED);
    assert_non_null(
        strstr(err.text, "f: sha256 is a52d159f262b2c6d…, expected ba7816bf8f01cfea…"));
    info.sha512[9] ^= 1;
    assert_int_equal(wisp_file_info_check(&info, "f", abc, &err), WISP_UNTRUSTED);
    assert_non_null(strstr(err.text, "f: sha512 is ddaf35a193617aba…"));
    info = (wisp_file_info){.length = WISP_LENGTH_UNKNOWN};
    assert_int_equal(wisp_file_info_check(&info, "f", abc, &err), WISP_OK);
}

/* --- signatures -------------------------------------------------------------------------- */

/* Made by the openssl command, as in test_crypto.c, over the canonical form of the body below. */
static const char p256_key[] =
    "-----BEGIN PUBLIC KEY-----\\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEt12A1KoplOEm9BiD0mwIRyzeD+wr\\n"
    "UsWWi4p3sOqaYbZtILrdFqPwJvTqoGXQzi0N8/wjdOhi8Andd/++AVPtkg==\\n"
    "-----END PUBLIC KEY-----\\n";
static const char p256_key_compressed[] =
    "-----BEGIN PUBLIC KEY-----\\n"
    "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACt12A1KoplOEm9BiD0mwIRyzeD+wr\\n"
    "UsWWi4p3sOqaYbY=\\n"
    "-----END PUBLIC KEY-----\\n";
static const char rsa_key[] =
    "-----BEGIN PUBLIC KEY-----\\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnfsRCoDFIFDtbXCPS8df\\n"
    "7TeNSNeXTkOQwDZ9CDltXUAxFYPwCEBRdrLDJN9cqHbrvGk1vA/ZIxtoQ91BBaii\\n"
    "udx/B+KcdR3CQKh3FOR4RbsyeDOqs80ss2eSOAOxA7KEcKj3RV1EkVzbCJAJr9OW\\n"
    "QfXXfWgeUnIq1e7SOmu7wqWkBAG6GJ+26OmVWiMK5fLY/HIbzsJoDnxzyW4Thg6y\\n"
    "gIxm8TaZLz4lSM0r5r52gPOul3NKX6GbGmRscjXlUEcLltepd+2hmnD4JFj/EyoB\\n"
    "dr2PNxOnmMvBFQprx7WqKl2DM1zVYGSTa4XOtBxY01uc51pr9XVixwywo2I5oQnx\\n"
    "SwIDAQAB\\n"
    "-----END PUBLIC KEY-----\\n";
static const char p256_signature[] =
    "304402207f29d383c8e7cefffb4f1e34c4c3fd41159fdb1e7d81c4a5ee620a41b4d7540a02204591"
    "0c5027cbc6dd8714ae4f1dc17b7ffb06ce6b0c8ab9e0f7315e71e267e4a8";
static const char rsa_signature[] =
    "5e5dcc70c039e899c31d3cf4dc995096e0983994d383c94db7c4b6b212665b04d03b94e2cba7dde9"
    "3cde760ff3a92c5ef57b4b885780a3ec26f9593ecb08884b3a4867e151b0efa5c051cf663bf91706"
    "2a3b1f8a14c910d019c82b83bd34e8b4b239f67e3d8d6e5b3096c861bd25c5759aa073d11d59b949"
    "e5d22f4e4909b8c57b303c087de1f7c2e9fa1a4564be245b7d9a02fbdbe923d81ec5ba87457c66f0"
    "64d00bbd50e15e82e6a9f7a3b6dcc9dab9e0767bfd38e49f47a24d69393e848e19d98312377b2a76"
    "40b5a2ee5b039da2ac0600a0073c638a264e56042cd6507bd28378a593c8b7ca506c52ae89c05971"
    "ae060287902d6a761bfa84289b502bb4";

#define BODY                                                                                     \
    "{\"version\": 7, \"x-note\": \"\\u00e9\\n\", \"_type\": \"timestamp\", \"meta\": "          \
    "{\"snapshot.json\": {\"version\": 3}}, \"spec_version\": \"1.0.34\", \"expires\": "         \
    "\"2030-01-01T00:00:00Z\"}"

typedef struct listed_key {
    const char *id, *keytype, *scheme, *public;
} listed_key;

typedef struct listed_signature {
    const char *id, *text;
} listed_signature;

static const listed_key no_key = {0};

/* A root that lets [keys] sign timestamps. */
static wisp_metadata *make_root(const listed_key *keys, size_t len, int threshold)
{
    static char all[8192], ids[1024], role[2048];
    all[0] = ids[0] = '\0';
    for (size_t i = 0; i < len; i++) {
        sprintf(all + strlen(all),
                ",\"%s\":{\"keytype\":\"%s\",\"scheme\":\"%s\",\"keyval\":{\"public\":\"%s\"}}",
                keys[i].id, keys[i].keytype, keys[i].scheme, keys[i].public);
        sprintf(ids + strlen(ids), "%s\"%s\"", i ? "," : "", keys[i].id);
    }
    sprintf(role, "\"timestamp\":{\"keyids\":[%s],\"threshold\":%d}", ids, threshold);
    strcat(all, "}");
    char *with_keys = changed(documents[WISP_ROLE_ROOT], KEY "}", KEY "@"), *text;
    text = changed(with_keys, "@", all);
    char *whole = changed(text, "\"timestamp\":" ROLE, role);
    wisp_metadata *root;
    wisp_error err;
    if (parse(WISP_ROLE_ROOT, whole, &root, &err) != WISP_OK)
        fail_msg("%s", err.text);
    free(with_keys);
    free(text);
    free(whole);
    return root;
}

static wisp_metadata *make_timestamp(const listed_signature *signatures, size_t len)
{
    static char text[8192];
    strcpy(text, "{\"signed\":" BODY ",\"signatures\":[");
    for (size_t i = 0; i < len; i++)
        sprintf(text + strlen(text), "%s{\"keyid\":\"%s\",\"sig\":\"%s\"}", i ? "," : "",
                signatures[i].id, signatures[i].text);
    strcat(text, "]}");
    wisp_metadata *timestamp;
    wisp_error err;
    if (parse(WISP_ROLE_TIMESTAMP, text, &timestamp, &err) != WISP_OK)
        fail_msg("%s", err.text);
    return timestamp;
}

static void signatures_count_by_different_keys(void **state)
{
    (void)state;
    static const listed_key p256 = {"e", "ecdsa", "ecdsa-sha2-nistp256", p256_key};
    static const listed_key p256_old = {"e", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256",
                                        p256_key};
    static const listed_key p256_again = {"f", "ecdsa", "ecdsa-sha2-nistp256",
                                          p256_key_compressed};
    static const listed_key rsa = {"r", "rsa", "rsassa-pss-sha256", rsa_key};
    static const listed_key strange = {"e", "ecdsa", "ecdsa-sha3-nistp256", p256_key};
    static const listed_key confused = {"e", "rsa", "ecdsa-sha2-nistp256", p256_key};
    static const listed_key short_key = {"e", "ed25519", "ed25519", "0011"};
    static const listed_signature e = {"e", p256_signature}, f = {"f", p256_signature};
    static const listed_signature r = {"r", rsa_signature}, r_bad = {"r", p256_signature};
    static const listed_signature empty = {"e", ""}, odd = {"e", "123"}, no_hex = {"e", "zz"};
    const struct {
        listed_key keys[3];
        size_t key_len;
        listed_signature signatures[3];
        size_t signature_len;
        int threshold;
        const char *words; /* NULL: it verifies */
    } cases[] = {
        {{p256}, 1, {e}, 1, 1, NULL},
        {{p256_old}, 1, {e}, 1, 1, NULL},
        {{rsa}, 1, {r}, 1, 1, NULL},
        {{p256, rsa}, 2, {e, r}, 2, 2, NULL},
        {{p256, rsa}, 2, {r_bad, e}, 2, 1, NULL}, /* a bad one among good ones does no harm */
        {{p256, rsa}, 2, {e, r_bad}, 2, 2, "timestamp.json: 1 of 2 needed signatures verify"},
        {{p256, p256_again}, 2, {e, f}, 2, 2, "1 of 2 needed"},
        {{p256, rsa}, 2, {e, r}, 2, 3, "2 of 3 needed"},
        {{p256}, 1, {f}, 1, 1, "0 of 1 needed"},
        {{no_key}, 0, {e}, 1, 1, "0 of 1 needed"},
        {{p256}, 1, {empty}, 1, 1, "0 of 1 needed"},
        {{p256}, 1, {odd}, 1, 1, "0 of 1 needed"},
        {{p256}, 1, {no_hex}, 1, 1, "0 of 1 needed"},
        {{strange}, 1, {e}, 1, 1, "0 of 1 needed"},
        {{confused}, 1, {e}, 1, 1, "0 of 1 needed"},
        {{short_key}, 1, {e}, 1, 1, "0 of 1 needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_metadata *root = make_root(cases[i].keys, cases[i].key_len, cases[i].threshold);
        wisp_metadata *m = make_timestamp(cases[i].signatures, cases[i].signature_len);
        wisp_signers signers = wisp_root_signers(root, WISP_ROLE_TIMESTAMP);
        wisp_error err = {0};
        wisp_status status = wisp_metadata_verify(m, &signers, &err);
        assert_int_equal(status, cases[i].words ? WISP_UNTRUSTED : WISP_OK);
        if (cases[i].words && !strstr(err.text, cases[i].words))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, cases[i].words);
        wisp_metadata_free(root);
        wisp_metadata_free(m);
    }
}

static void a_removed_key_is_told_from_an_added_one(void **state)
{
    (void)state;
    static const listed_key e = {"e", "ecdsa", "ecdsa-sha2-nistp256", p256_key};
    static const listed_key e_renamed = {"x", "ecdsa", "ecdsa-sha2-nistp256",
                                         p256_key_compressed};
    static const listed_key r = {"r", "rsa", "rsassa-pss-sha256", rsa_key};
    static const listed_key broken = {"b", "ecdsa", "ecdsa-sha2-nistp256", "no PEM at all"};
    const struct {
        listed_key before[2], after[2];
        size_t before_len, after_len;
        bool removed;
    } cases[] = {
        {{e}, {e}, 1, 1, false},
        {{e}, {e, r}, 1, 2, false},
        {{e}, {e_renamed}, 1, 1, false},
        {{e, r}, {e}, 2, 1, true},
        {{e}, {r}, 1, 1, true},
        {{e}, {no_key}, 1, 0, true},
        {{no_key}, {e}, 0, 1, false},
        {{broken, e}, {broken, e}, 2, 2, false}, /* it could never sign */
        {{broken, e}, {e}, 2, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wisp_metadata *before = make_root(cases[i].before, cases[i].before_len, 1);
        wisp_metadata *after = make_root(cases[i].after, cases[i].after_len, 1);
        wisp_signers a = wisp_root_signers(before, WISP_ROLE_TIMESTAMP);
        wisp_signers b = wisp_root_signers(after, WISP_ROLE_TIMESTAMP);
        assert_int_equal(wisp_signers_removed(&a, &b), cases[i].removed);
        wisp_metadata_free(before);
        wisp_metadata_free(after);
    }
}

static void consistent_snapshots_are_off_unless_said(void **state)
{
    (void)state;
    wisp_metadata *m;
    assert_int_equal(parse(WISP_ROLE_ROOT, documents[WISP_ROLE_ROOT], &m, NULL), WISP_OK);
    assert_true(wisp_root_consistent_snapshot(m));
    wisp_metadata_free(m);
    char *text = changed(documents[WISP_ROLE_ROOT], "\"consistent_snapshot\":true,", "");
    assert_int_equal(parse(WISP_ROLE_ROOT, text, &m, NULL), WISP_OK);
    assert_false(wisp_root_consistent_snapshot(m));
    wisp_metadata_free(m);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_document_says_what_it_has),
        cmocka_unit_test(a_wrong_document_is_refused_with_its_place),
        cmocka_unit_test(documents_and_lists_have_limits),
        cmocka_unit_test(files_are_found_by_name),
        cmocka_unit_test(the_bytes_of_a_file_are_held_against_what_was_said),
        cmocka_unit_test(signatures_count_by_different_keys),
        cmocka_unit_test(a_removed_key_is_told_from_an_added_one),
        cmocka_unit_test(consistent_snapshots_are_off_unless_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
