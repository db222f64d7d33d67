/* act.h: frames that are actions (action/action.h): run by the writer or a worker, answered here. */
#ifndef IM_LIVE_ACT_H
#define IM_LIVE_ACT_H

#include "live/commands.h"

/* text is the whole frame; it is read again into memory of the job's own. */
enum err act_run(struct session *session, const struct command *command, struct str text);

/* What a reading action has at hand on that worker: asked for before the snapshot is opened. */
struct action_env;
void act_env(struct service *service, struct reader *reader, struct action_env *env);

#endif
