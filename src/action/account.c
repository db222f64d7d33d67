/* account.c: actions about a user's own devices. */
#include "action/account.h"

#include "chat/account.h"

#define DEVICE_SIZE_MAX ((size_t)64)

static enum err logout_write(struct action_call *call, struct core_tx *tx)
{
    return account_logout(tx, call->actor.id, call->login);
}

static enum err kick_write(struct action_call *call, struct core_tx *tx)
{
    struct str device = arg_text(call, "device");
    if (device.size == 0 || device.size > DEVICE_SIZE_MAX)
        return ERR_ARG;
    return account_kick(tx, call->actor.id, call->login, device);
}

const struct action action_logout = { .name = "logout", .write = logout_write };
const struct action action_kick_device = { .name = "kick_device", .write = kick_write };
