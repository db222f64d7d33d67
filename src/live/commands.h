/* commands.h: frames in. */
#ifndef IM_LIVE_COMMANDS_H
#define IM_LIVE_COMMANDS_H

#include "live/session.h"

struct action;
struct json;

enum command_flag {
    COMMAND_V1 = 1,      /* v1 knows it, too */
    COMMAND_LIMITED = 2, /* counts against the user's rate; an action says so itself */
};

/* New behaviour is a row and a function: run, or an action whose answer, if it gives one, is a frame. */
struct command {
    int64_t cmd;
    const char *name;
    unsigned flags;
    enum err (*run)(struct session *session, const struct command *command, const struct json *frame);
    const struct action *action;
    int64_t answer; /* the cmd of the answer; 0: what happened is told as an event */
};

struct command_list {
    const struct command *rows;
    size_t count;
};
extern const struct command_list command_table;

/* One text frame of a session: parsed, looked up in the command table, and
 * handed on. What is no good is dropped without an answer for v1, and refused
 * with a frame 17 for v2; the socket stays. */
void command_run(struct session *session, struct str text);

#endif
