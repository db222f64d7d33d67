/* refusal.c: errors as the protocol names them. */
#include "chat/refusal.h"

#include <stddef.h>

static const struct refusal {
    enum err err;
    int code;
    const char *text;
} refusals[] = {
    { ERR_ARG, 2100, "参数错误" },
    { ERR_PARSE, 2100, "不是合法的JSON对象" },
    { ERR_DENIED, 2101, "没有权限" },
    { ERR_BLOCKED, 2102, "对方不是你的好友，或已将你拉黑" },
    { ERR_NOT_MEMBER, 2103, "你不在该群中" },
    { ERR_MUTED, 2104, "你已被禁言" },
    { ERR_TOO_LATE, 2105, "已超过可操作的时间" },
    { ERR_TOO_LARGE, 2106, "内容过大" },
    { ERR_REUSED, 2107, "该cid已用于另一条消息" },
    { ERR_LIMITED, 2108, "操作过于频繁，请稍后再试" },
    { ERR_NOT_FOUND, 2109, "不存在" },
    { ERR_EPOCH, 2110, "数据已更换，请重新同步" },
    { ERR_REJECTED, 2111, "内容未被接受" },
    { ERR_GROUP_FULL, 2112, "群成员已满" },
    { ERR_EXISTS, 2100, "已存在" },
};

static const struct refusal *refusal_find(enum err err)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (refusals[i].err == err)
            return &refusals[i];
    return NULL;
}

int refusal_code(enum err err)
{
    const struct refusal *refusal = refusal_find(err);
    return refusal == NULL ? 0 : refusal->code;
}

const char *refusal_text(enum err err)
{
    const struct refusal *refusal = refusal_find(err);
    return refusal == NULL ? "服务器繁忙，请稍后再试" : refusal->text;
}
