/* pushed.h: how far each chat was pushed to a session, while the device has not
 * confirmed it or an older event may still be on its way. An idle session has
 * none. Chats are few: those that said something in the last seconds. */
#ifndef IM_LIVE_PUSHED_H
#define IM_LIVE_PUSHED_H

#include <stdbool.h>
#include <stdint.h>

struct pushed {
    int64_t chat;
    int64_t seq;
    int64_t pinged;    /* seq when the unanswered ping was sent; 0: none was */
    int64_t confirmed; /* seq that the device has, by a pong */
};

/* A zeroed one is empty. */
struct pushed_list {
    struct pushed *items;
    uint32_t count;
    uint32_t capacity;
};

void pushed_release(struct pushed_list *list);
/* 0 when nothing is remembered of the chat. */
int64_t pushed_seq(const struct pushed_list *list, int64_t chat);
void pushed_set(struct pushed_list *list, int64_t chat, int64_t seq);
/* to is empty before. */
void pushed_copy(const struct pushed_list *from, struct pushed_list *to);
/* A ping goes out behind everything pushed so far. */
void pushed_pinged(struct pushed_list *list);
/* Its pong came: calls confirm for each chat that it moved. */
void pushed_ponged(struct pushed_list *list, void (*confirm)(void *context, int64_t chat, int64_t seq), void *context);
/* Drops what is confirmed. */
void pushed_forget(struct pushed_list *list);

#endif
