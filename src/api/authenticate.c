/* authenticate.c: tokens. */
#include "api/authenticate.h"

#include "auth/ticket.h"
#include "auth/token.h"
#include "chat/email.h"
#include "live/device_use.h"
#include "os/clock.h"
#include "store/device.h"
#include "store/user.h"

/* The address as the page sends it: not URL-encoded, so that a '+' may arrive
 * as a blank. No address holds a blank, so every blank was a '+'. */
static struct str email_from_query(struct call *call)
{
    struct str raw = http_query_get(call->query, "email");
    if (raw.ptr == NULL)
        return STR_NONE;
    char *text = arena_alloc(&call->arena, raw.size + 1);
    size_t size = raw.size;
    if (http_percent_decode(raw, false, text, &size) != OK) {
        memcpy(text, raw.ptr, raw.size);
        size = raw.size;
    }
    for (size_t i = 0; i < size; i++)
        if (text[i] == ' ')
            text[i] = '+';
    return (struct str){ text, size };
}

/* The account and the token's row are those of the call from here on. */
static enum err holder_take(struct call *call, struct reader *reader, const struct device *device, struct user *user)
{
    int64_t now_ms = clock_wall_ms();
    if (now_ms - device->used_ms > call->service->conf->token_idle_ms)
        return ERR_DENIED;
    enum err err = user_by_id(reader->db, &call->arena, device->user, user);
    if (err != OK)
        return err == ERR_NOT_FOUND ? ERR_DENIED : err;
    if (user->deleted_ms != 0)
        return ERR_DENIED;
    call->used_ms = device_used(call->service, device->id, device->used_ms, now_ms);
    call->user = user->id;
    call->device = device->id;
    call->email = user->email;
    return OK;
}

static enum err ticket_authenticate(struct call *call, struct reader *reader, struct str ticket)
{
    struct ticket_holder holder;
    struct device device;
    struct user user;
    enum err err = ticket_take(call->service->tickets, ticket, clock_wall_ms(), &holder);
    if (err == OK)
        err = device_get(reader->db, holder.login, &device);
    if (err != OK)
        return err == ERR_NOT_FOUND ? ERR_DENIED : err;
    return holder_take(call, reader, &device, &user);
}

enum err authenticate(struct call *call, struct reader *reader)
{
    struct str ticket = call->upgrade ? http_query_get(call->query, "ticket") : STR_NONE;
    if (ticket.ptr != NULL)
        return ticket_authenticate(call, reader, ticket);
    struct str email = call->header_email.ptr != NULL ? call->header_email : email_from_query(call);
    struct str token = call->header_token.ptr != NULL ? call->header_token : http_query_get(call->query, "token");
    unsigned char digest[TOKEN_DIGEST_SIZE];
    if (email.ptr == NULL || token.ptr == NULL || !token_digest(token, digest))
        return ERR_DENIED;
    struct device device;
    enum err err = device_by_token(reader->db, digest, &device);
    if (err != OK)
        return err == ERR_NOT_FOUND ? ERR_DENIED : err;
    struct user user;
    err = holder_take(call, reader, &device, &user);
    if (err == OK && !email_equal(user.email, email))
        err = ERR_DENIED;
    call->token = token;
    return err;
}
