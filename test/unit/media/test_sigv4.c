/* test_sigv4.c: against the signatures that Amazon publishes for its example
 * key (S3 API Reference, "Signature Calculations for the Authorization
 * Header" and "Authenticating Requests: Using Query Parameters"). */
#include "unit.h"

#include "media/sigv4.h"

#define EMPTY STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
#define TIME_S INT64_C(1369353600) /* 2013-05-24 */

static const struct sigv4_key key = { { "AKIAIOSFODNN7EXAMPLE", 20 },
                                      { "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40 },
                                      { "us-east-1", 9 } };

static void assert_signed(const struct sigv4_request *request, const char *names, const char *signature)
{
    struct buf out = { 0 };
    struct buf expected = { 0 };
    sigv4_sign(&key, request, &out);
    buf_append_format(&expected,
                      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                      "SignedHeaders=%s,Signature=%s",
                      names, signature);
    buf_append_byte(&out, '\0');
    buf_append_byte(&expected, '\0');
    assert_string_equal(out.ptr, expected.ptr);
    buf_release(&out);
    buf_release(&expected);
}

static void a_get_with_a_range_is_signed(void **state)
{
    (void)state;
    const struct sigv4_pair headers[] = {
        { STR("x-amz-date"), STR("20130524T000000Z") },
        { STR("host"), STR("examplebucket.s3.amazonaws.com") },
        { STR("x-amz-content-sha256"), EMPTY },
        { STR("range"), STR("bytes=0-9") },
    };
    const struct sigv4_request request = { .method = STR("GET"),
                                           .path = STR("/test.txt"),
                                           .headers = headers,
                                           .header_count = 4,
                                           .payload = EMPTY,
                                           .time_s = TIME_S };
    assert_signed(&request, "host;range;x-amz-content-sha256;x-amz-date",
                  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void a_put_with_a_sign_in_its_name_is_signed(void **state)
{
    (void)state;
    struct str payload = STR("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    const struct sigv4_pair headers[] = {
        { STR("date"), STR("Fri, 24 May 2013 00:00:00 GMT") },
        { STR("host"), STR("examplebucket.s3.amazonaws.com") },
        { STR("x-amz-date"), STR("20130524T000000Z") },
        { STR("x-amz-content-sha256"), payload },
        { STR("x-amz-storage-class"), STR("REDUCED_REDUNDANCY") },
    };
    const struct sigv4_request request = { .method = STR("PUT"),
                                           .path = STR("/test$file.text"),
                                           .headers = headers,
                                           .header_count = 5,
                                           .payload = payload,
                                           .time_s = TIME_S };
    assert_signed(&request, "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                  "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void a_query_is_signed_in_its_order(void **state)
{
    (void)state;
    const struct sigv4_pair headers[] = {
        { STR("host"), STR("examplebucket.s3.amazonaws.com") },
        { STR("x-amz-date"), STR("20130524T000000Z") },
        { STR("x-amz-content-sha256"), EMPTY },
    };
    const struct sigv4_pair list[] = { { STR("prefix"), STR("J") }, { STR("max-keys"), STR("2") } };
    const struct sigv4_pair lifecycle[] = { { STR("lifecycle"), STR("") } };
    struct sigv4_request request = { .method = STR("GET"),
                                     .path = STR("/"),
                                     .query = lifecycle,
                                     .query_count = 1,
                                     .headers = headers,
                                     .header_count = 3,
                                     .payload = EMPTY,
                                     .time_s = TIME_S };
    assert_signed(&request, "host;x-amz-content-sha256;x-amz-date",
                  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    request.query = list;
    request.query_count = 2;
    assert_signed(&request, "host;x-amz-content-sha256;x-amz-date",
                  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void an_address_is_presigned(void **state)
{
    (void)state;
    const struct sigv4_pair headers[] = { { STR("host"), STR("examplebucket.s3.amazonaws.com") } };
    const struct sigv4_request request = {
        .method = STR("GET"), .path = STR("/test.txt"), .headers = headers, .header_count = 1, .time_s = TIME_S
    };
    struct buf out = { 0 };
    sigv4_presign(&key, &request, 86400, &out);
    buf_append_byte(&out, '\0');
    assert_string_equal(out.ptr, "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                                 "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                                 "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                                 "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    buf_release(&out);
}

static void what_may_end_an_address_is_encoded(void **state)
{
    (void)state;
    struct buf out = { 0 };
    sigv4_encode(&out, STR("a b/\xe5\xbc\xa0+&=?#%\"\r\n~"), false);
    buf_append_byte(&out, ' ');
    sigv4_encode(&out, STR("/x/y z"), true);
    buf_append_byte(&out, '\0');
    assert_string_equal(out.ptr, "a%20b%2F%E5%BC%A0%2B%26%3D%3F%23%25%22%0D%0A~ /x/y%20z");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_get_with_a_range_is_signed),       cmocka_unit_test(a_put_with_a_sign_in_its_name_is_signed),
        cmocka_unit_test(a_query_is_signed_in_its_order),     cmocka_unit_test(an_address_is_presigned),
        cmocka_unit_test(what_may_end_an_address_is_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
