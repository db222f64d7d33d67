/* test_account.c: accounts come, change and go. */
#include "chat_fixture.h"

#include <stdio.h>

#include "chat/account.h"
#include "store/device_name.h"
#include "chat/history.h"

#define A "Alice@x.cc"
#define B "bob@x.cc"

static unsigned char digests[40][TOKEN_HASH_SIZE];

static const unsigned char *digest(unsigned number)
{
    memset(digests[number], (int)number + 1, TOKEN_HASH_SIZE);
    return digests[number];
}

static bool known(struct chat *chat, unsigned number)
{
    struct device device;
    enum err err = device_by_token(chat->tx.db, digest(number), &device);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    return err == OK;
}

static enum err registered(struct chat *chat, const char *email, const char *invite, unsigned token, struct user *user)
{
    struct account_draft draft = {
        .email = str_from(email),
        .uname = STR("一号"),
        .password_hash = STR("hash"),
        .invite = str_from(invite),
        .token_digest = digest(token),
    };
    return account_register(&chat->tx, &draft, &chat->scratch, user);
}

static void registering_makes_a_user_with_a_device(void **state)
{
    struct chat *chat = *state;
    struct user user;
    struct str hash;
    assert_ok(registered(chat, A, NULL, 0, &user));
    assert_str(A, user.email);
    assert_str("一号", user.uname);
    assert_null(user.avatar.ptr);
    assert_true(user.created_ms == NOW);
    assert_int_equal(user.deleted_ms, 0);
    assert_ok(user_password(chat->tx.db, &chat->scratch, user.id, &hash));
    assert_str("hash", hash);
    assert_true(known(chat, 0));
    events_none(chat);

    struct account_draft draft = { .email = STR(B),
                                   .password_hash = STR("hash") }; /* the shell's: no device, no name */
    assert_ok(account_register(&chat->tx, &draft, &chat->scratch, &user));
    assert_null(user.uname.ptr);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM device"), 1);
}

/* With the hash that is stored at this moment, as a password just checked would have it. */
static enum err logged_in(struct chat *chat, int64_t user, unsigned number, size_t tokens_max, struct str fresh)
{
    struct account_proof proof = { .user = user, .fresh = fresh, .token_digest = digest(number) };
    if (user_password(chat->tx.db, &chat->scratch, user, &proof.verified) != OK)
        proof.verified = STR("none");
    return account_login(&chat->tx, &proof, tokens_max);
}

static void an_address_is_taken_in_any_case(void **state)
{
    struct chat *chat = *state;
    struct user user;
    assert_ok(registered(chat, A, NULL, 0, &user));
    assert_err(ERR_EXISTS, registered(chat, A, NULL, 1, &user));
    assert_err(ERR_EXISTS, registered(chat, "ALICE@X.CC", NULL, 1, &user));
    assert_false(known(chat, 1));
}

static void an_invitation_is_good_as_often_as_it_says(void **state)
{
    struct chat *chat = *state;
    struct user user;
    assert_ok(invite_insert(chat->tx.db, STR("CODE"), 2, NOW + 1));
    assert_ok(invite_insert(chat->tx.db, STR("OLD"), 2, NOW));
    assert_err(ERR_DENIED, registered(chat, "1@x.cc", "", 0, &user));
    assert_err(ERR_DENIED, registered(chat, "1@x.cc", "code", 0, &user));
    assert_err(ERR_DENIED, registered(chat, "1@x.cc", "OLD", 0, &user));
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM user"), 0);
    assert_ok(registered(chat, "1@x.cc", "CODE", 0, &user));
    assert_ok(registered(chat, "2@x.cc", "CODE", 1, &user));
    assert_err(ERR_DENIED, registered(chat, "3@x.cc", "CODE", 2, &user));
}

static void a_login_beyond_the_cap_ends_the_device_unused_longest(void **state)
{
    struct chat *chat = *state;
    struct user user;
    assert_ok(registered(chat, A, NULL, 0, &user));
    for (unsigned i = 1; i < 3; i++) {
        chat->tx.now_ms = NOW + i;
        assert_ok(logged_in(chat, user.id, i, 3, STR_NONE));
    }
    events_none(chat);
    struct device first;
    assert_ok(device_by_token(chat->tx.db, digest(0), &first));
    assert_ok(device_touch(chat->tx.db, first.id, NOW + 50)); /* used since, so the second goes */
    struct device second;
    assert_ok(device_by_token(chat->tx.db, digest(1), &second));
    chat->tx.now_ms = NOW + 60;
    assert_ok(logged_in(chat, user.id, 3, 3, STR_NONE));
    const struct event *event = event_only(chat, EVENT_DEVICE_ENDED);
    assert_int_equal(event->actor, user.id);
    assert_int_equal(event->device, second.id);
    assert_true(known(chat, 0) && !known(chat, 1) && known(chat, 2) && known(chat, 3));

    assert_ok(logged_in(chat, user.id, 4, 1, STR_NONE)); /* The cap was lowered. */
    assert_int_equal(chat->events.count, 3);
    chat->events.count = 0;
    assert_true(!known(chat, 0) && !known(chat, 2) && !known(chat, 3) && known(chat, 4));
}

static void a_login_of_one_never_ends_anothers_device(void **state)
{
    struct chat *chat = *state;
    struct user a;
    struct user b;
    assert_ok(registered(chat, A, NULL, 0, &a));
    assert_ok(registered(chat, B, NULL, 1, &b));
    assert_ok(logged_in(chat, b.id, 2, 1, STR_NONE));
    chat->events.count = 0;
    assert_true(known(chat, 0) && !known(chat, 1) && known(chat, 2));
}

static void a_login_may_bring_a_new_hash(void **state)
{
    struct chat *chat = *state;
    struct user user;
    struct str hash;
    assert_ok(registered(chat, A, NULL, 0, &user));
    assert_ok(logged_in(chat, user.id, 1, 9, STR("fresh")));
    assert_ok(user_password(chat->tx.db, &chat->scratch, user.id, &hash));
    assert_str("fresh", hash);
    assert_ok(logged_in(chat, user.id, 2, 9, STR_NONE));
    assert_ok(user_password(chat->tx.db, &chat->scratch, user.id, &hash));
    assert_str("fresh", hash);
}

static void a_password_changed_since_it_was_checked_lets_nobody_in(void **state)
{
    struct chat *chat = *state;
    struct user user;
    struct account_proof proof = { .fresh = STR("stale"), .token_digest = digest(1) };
    assert_ok(registered(chat, A, NULL, 0, &user));
    proof.user = user.id;
    assert_ok(user_password(chat->tx.db, &chat->scratch, user.id, &proof.verified));
    assert_ok(account_password(&chat->tx, user.id, STR("changed")));
    assert_err(ERR_DENIED, account_login(&chat->tx, &proof, 9));
    assert_false(known(chat, 1));
    struct str hash;
    assert_ok(user_password(chat->tx.db, &chat->scratch, user.id, &hash));
    assert_str("changed", hash);
}

static void nobody_logs_in_to_an_account_that_went_meanwhile(void **state)
{
    struct chat *chat = *state;
    struct user user;
    assert_ok(registered(chat, A, NULL, 0, &user));
    assert_ok(account_delete(&chat->tx, user.id, STR(A)));
    assert_err(ERR_NOT_FOUND, logged_in(chat, user.id, 1, 9, STR_NONE));
    assert_err(ERR_NOT_FOUND, logged_in(chat, user.id, 1, 9, STR("fresh")));
    assert_err(ERR_NOT_FOUND, logged_in(chat, 4711, 1, 9, STR_NONE));
    assert_err(ERR_NOT_FOUND, account_password(&chat->tx, user.id, STR("fresh")));
    assert_err(ERR_NOT_FOUND, account_edit(&chat->tx, user.id, STR("u"), STR("a"), &chat->scratch, &user));
    assert_false(known(chat, 1));
}

static void an_edit_changes_name_and_picture_alone(void **state)
{
    struct chat *chat = *state;
    struct user user;
    assert_ok(registered(chat, A, NULL, 0, &user));
    assert_ok(account_edit(&chat->tx, user.id, STR("二号"), STR("/a.png"), &chat->scratch, &user));
    assert_str("二号", user.uname);
    assert_str("/a.png", user.avatar);
    assert_str(A, user.email);
    assert_true(known(chat, 0));
    events_none(chat);
}

static void a_new_password_ends_every_device(void **state)
{
    struct chat *chat = *state;
    struct user user;
    struct str hash;
    assert_ok(registered(chat, A, NULL, 0, &user));
    assert_ok(logged_in(chat, user.id, 1, 9, STR_NONE));
    assert_ok(account_password(&chat->tx, user.id, STR("fresh")));
    assert_int_equal(event_only(chat, EVENT_USER_ENDED)->actor, user.id);
    assert_false(known(chat, 0) || known(chat, 1));
    assert_ok(user_password(chat->tx.db, &chat->scratch, user.id, &hash));
    assert_str("fresh", hash);
}

static void idle_tokens_expire_and_their_sessions_end(void **state)
{
    struct chat *chat = *state;
    struct user user;
    assert_ok(registered(chat, A, NULL, 0, &user));
    chat->tx.now_ms = NOW + 1000;
    assert_ok(logged_in(chat, user.id, 1, 9, STR_NONE));
    assert_ok(account_expire(&chat->tx, NOW));
    events_none(chat);
    assert_ok(account_expire(&chat->tx, NOW + 1));
    assert_int_equal(event_only(chat, EVENT_DEVICE_ENDED)->actor, user.id);
    assert_true(!known(chat, 0) && known(chat, 1));
}

static void expiry_takes_a_bounded_number_a_round(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    store_run(chat->store, "BEGIN");
    for (unsigned i = 0; i < 1200; i++)
        device_make(chat->store, a, i);
    store_run(chat->store, "COMMIT");
    store_run(chat->store, "BEGIN");
    assert_ok(account_expire(&chat->tx, NOW + 1));
    assert_int_equal(chat->events.count, 1000);
    assert_ok(account_expire(&chat->tx, NOW + 1));
    assert_int_equal(chat->events.count, 1200);
    store_run(chat->store, "COMMIT");
    chat->events.count = 0;
}

static void a_deleted_account_frees_its_address_and_leaves_its_messages(void **state)
{
    struct chat *chat = *state;
    struct user a;
    struct user b;
    struct user again;
    struct user_list found;
    struct contact_list friends;
    struct message_list page;
    char neutral[64];
    char group[24];
    assert_ok(registered(chat, A, NULL, 0, &a));
    assert_ok(registered(chat, B, NULL, 1, &b));
    befriend(chat, a.id, A, B);
    snprintf(group, sizeof(group), "%lld", (long long)group_make(chat, a.id, A, "g"));
    sent(chat, draft_direct(a.id, A, B, "hello"));
    sent(chat, draft_direct(b.id, B, A, "hi"));
    sent(chat, draft_group(a.id, A, group, "all"));

    assert_ok(account_delete(&chat->tx, a.id, STR(A)));
    assert_int_equal(chat->events.count, 3); /* It was not online. The group ends with its last member. */
    assert_int_equal(chat->events.items[0].type, EVENT_UPDATE);
    assert_int_equal(chat->events.items[1].type, EVENT_LEFT);
    assert_int_equal(chat->events.items[2].type, EVENT_USER_ENDED);
    assert_int_equal(chat->events.items[2].actor, a.id);
    chat->events.count = 0;
    snprintf(neutral, sizeof(neutral), "deleted-%lld@deleted.invalid", (long long)a.id);
    assert_false(known(chat, 0));
    assert_true(known(chat, 1));
    assert_ok(user_search(chat->tx.db, &chat->scratch, STR("alice"), 50, &found));
    assert_int_equal(found.count, 0);
    assert_ok(contact_list(chat->tx.db, &chat->scratch, b.id, &friends));
    assert_int_equal(friends.count, 0);
    assert_err(ERR_NOT_FOUND, message_send(&chat->tx,
                                           &(struct message_draft){ .sender = b.id,
                                                                    .sender_email = STR(B),
                                                                    .kind = CHAT_DIRECT,
                                                                    .dst = STR(A),
                                                                    .msg_type = 1,
                                                                    .content = STR("x") },
                                           NULL));
    /* The neutral name is no way back in either. */
    assert_err(ERR_NOT_FOUND, message_send(&chat->tx,
                                           &(struct message_draft){ .sender = b.id,
                                                                    .sender_email = STR(B),
                                                                    .kind = CHAT_DIRECT,
                                                                    .dst = str_from(neutral),
                                                                    .msg_type = 1,
                                                                    .content = STR("x") },
                                           NULL));
    assert_ok(history_page(&(struct reading){ chat->tx.db, &chat->scratch, b.id, false, NOW },
                           chat_id_direct(a.id, b.id), 0, 10, &page));
    assert_int_equal(page.count, 2);
    assert_str("hello", page.rows[0].content);
    assert_str(neutral, page.rows[0].sender_email);
    assert_str(B, page.rows[0].dst);
    assert_str(neutral, page.rows[1].dst);

    assert_ok(registered(chat, "ALICE@x.cc", NULL, 2, &again)); /* a stranger with the same address */
    assert_int_not_equal(again.id, a.id);
    assert_ok(contact_list(chat->tx.db, &chat->scratch, again.id, &friends));
    assert_int_equal(friends.count, 0);
    assert_err(ERR_DENIED, history_page(&(struct reading){ chat->tx.db, &chat->scratch, again.id, false, NOW },
                                        chat_id_direct(a.id, b.id), 0, 10, &page));
    assert_err(ERR_NOT_MEMBER, message_send(&chat->tx,
                                            &(struct message_draft){ .sender = again.id,
                                                                     .sender_email = STR(A),
                                                                     .kind = CHAT_GROUP,
                                                                     .dst = str_from(group),
                                                                     .msg_type = 1,
                                                                     .content = STR("x") },
                                            NULL));
    assert_err(ERR_BLOCKED, message_send(&chat->tx,
                                         &(struct message_draft){ .sender = b.id,
                                                                  .sender_email = STR(B),
                                                                  .kind = CHAT_DIRECT,
                                                                  .dst = STR(A),
                                                                  .msg_type = 1,
                                                                  .content = STR("x") },
                                         NULL));
    events_none(chat);
}

static void deleting_an_online_account_tells_friends_first(void **state)
{
    struct chat *chat = *state;
    struct user a;
    struct user b;
    assert_ok(registered(chat, A, NULL, 0, &a));
    assert_ok(registered(chat, B, NULL, 1, &b));
    befriend(chat, a.id, A, B);
    assert_true(directory_announce(chat->tx.directory, a.id, true));
    assert_ok(account_delete(&chat->tx, a.id, STR(A)));
    assert_int_equal(chat->events.count, 2);
    const struct event *offline = &chat->events.items[0];
    assert_int_equal(offline->type, EVENT_PRESENCE);
    assert_false(offline->online);
    assert_str(A, offline->actor_email);
    assert_int_equal(offline->target_count, 1);
    assert_int_equal(offline->targets[0], b.id);
    assert_int_equal(chat->events.items[1].type, EVENT_USER_ENDED);
}

/* ---- devices ---- */

static void named(struct chat *chat, int64_t user, const char *name, int64_t login)
{
    int64_t id;
    assert_ok(account_device(&chat->tx, user, str_from(name), login, 32, &id));
}

static void kicking_ends_the_token_and_forgets_the_name(void **state)
{
    struct chat *chat = *state;
    struct device_list list;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t desk = device_make(chat->store, a, 0);
    int64_t phone = device_make(chat->store, a, 1);
    int64_t plain = device_make(chat->store, a, 2);
    int64_t theirs = device_make(chat->store, b, 3);
    named(chat, a, "desk", desk);
    named(chat, a, "phone", phone);
    named(chat, b, "theirs", theirs);
    assert_ok(device_list(chat->tx.db, &chat->scratch, a, &list));
    assert_int_equal(list.count, 3);
    assert_err(ERR_NOT_FOUND, account_kick(&chat->tx, a, desk, STR("theirs")));
    assert_err(ERR_NOT_FOUND,
               account_kick(&chat->tx, a, desk, arena_format(&chat->scratch, "token-%lld", (long long)theirs)));
    assert_err(ERR_NOT_FOUND, account_kick(&chat->tx, a, desk, STR("token-")));
    events_none(chat);
    assert_ok(account_kick(&chat->tx, a, desk, STR("phone")));
    const struct event *event = event_only(chat, EVENT_DEVICE_ENDED);
    assert_int_equal(event->device, phone);
    assert_string_equal(event->reason, "kicked");
    assert_ok(account_kick(&chat->tx, a, desk, arena_format(&chat->scratch, "token-%lld", (long long)plain)));
    assert_int_equal(event_only(chat, EVENT_DEVICE_ENDED)->device, plain);
    assert_ok(device_list(chat->tx.db, &chat->scratch, a, &list));
    assert_int_equal(list.count, 1);
    assert_str("desk", list.rows[0].name);
    assert_ok(account_kick(&chat->tx, a, desk, STR("desk"))); /* oneself */
    event = event_only(chat, EVENT_DEVICE_ENDED);
    assert_string_equal(event->reason, "revoked");
    assert_int_equal(1, store_number(chat->store, "SELECT COUNT(*) FROM device_name WHERE name = 'desk'"));
    assert_ok(device_list(chat->tx.db, &chat->scratch, a, &list));
    assert_int_equal(list.count, 0);
    assert_ok(device_list(chat->tx.db, &chat->scratch, b, &list));
    assert_int_equal(list.count, 1);
}

static void a_users_new_password_keeps_the_device_it_is_made_on(void **state)
{
    struct chat *chat = *state;
    struct user a;
    struct str stored;
    struct device device;
    assert_ok(registered(chat, A, NULL, 0, &a));
    int64_t here = device_make(chat->store, a.id, 1);
    int64_t there = device_make(chat->store, a.id, 2);
    assert_ok(user_password(chat->tx.db, &chat->scratch, a.id, &stored));
    assert_err(ERR_DENIED, account_change_password(&chat->tx, a.id, STR("not it"), STR("new"), here));
    events_none(chat);
    assert_ok(device_get(chat->tx.db, there, &device));
    assert_ok(account_change_password(&chat->tx, a.id, stored, STR("new"), here));
    assert_int_equal(chat->events.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(chat->events.items[i].type, EVENT_DEVICE_ENDED);
        assert_int_not_equal(chat->events.items[i].device, here);
    }
    chat->events.count = 0;
    assert_ok(device_get(chat->tx.db, here, &device));
    assert_err(ERR_NOT_FOUND, device_get(chat->tx.db, there, &device));
    assert_ok(user_password(chat->tx.db, &chat->scratch, a.id, &stored));
    assert_str("new", stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(kicking_ends_the_token_and_forgets_the_name),
        chat_test(a_users_new_password_keeps_the_device_it_is_made_on),
        chat_test(registering_makes_a_user_with_a_device),
        chat_test(an_address_is_taken_in_any_case),
        chat_test(an_invitation_is_good_as_often_as_it_says),
        chat_test(a_login_beyond_the_cap_ends_the_device_unused_longest),
        chat_test(a_login_of_one_never_ends_anothers_device),
        chat_test(a_login_may_bring_a_new_hash),
        chat_test(a_password_changed_since_it_was_checked_lets_nobody_in),
        chat_test(nobody_logs_in_to_an_account_that_went_meanwhile),
        chat_test(an_edit_changes_name_and_picture_alone),
        chat_test(a_new_password_ends_every_device),
        chat_test(idle_tokens_expire_and_their_sessions_end),
        chat_test(expiry_takes_a_bounded_number_a_round),
        chat_test(a_deleted_account_frees_its_address_and_leaves_its_messages),
        chat_test(deleting_an_online_account_tells_friends_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
