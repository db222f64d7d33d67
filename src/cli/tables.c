/* tables.c: the tables of calls and frames, printed. */
#include "cli/tables.h"

#include "action/action.h"
#include "api/routes.h"
#include "live/commands.h"
#include "util/jsonw.h"

#include <stdio.h>

static const char *const method_names[] = {
    [HTTP_GET] = "GET",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE",
};

static void action_append(struct buf *out, const struct action *action)
{
    if (action == NULL)
        return;
    jsonw_put_str(out, "action", str_from(action->name));
    jsonw_put_bool(out, "writes", action->write != NULL);
}

static void line_print(struct buf *out)
{
    jsonw_close(out, '}');
    buf_append_byte(out, '\n');
    fwrite(out->ptr, 1, out->size, stdout);
    buf_clear(out);
}

static void route_print(struct buf *out, const struct route *route)
{
    jsonw_open(out, '{');
    jsonw_put_str(out, "method", str_from(method_names[route->method]));
    jsonw_put_str(out, "path", str_from(route->path));
    jsonw_put_bool(out, "open", (route->flags & ROUTE_OPEN) != 0);
    jsonw_put_bool(out, "json", (route->flags & ROUTE_JSON) != 0);
    action_append(out, route->action);
    line_print(out);
}

static void command_print(struct buf *out, const struct command *command)
{
    bool limited = (command->flags & COMMAND_LIMITED) != 0 ||
                   (command->action != NULL && (command->action->flags & ACTION_LIMITED) != 0);
    jsonw_open(out, '{');
    jsonw_put_i64(out, "cmd", command->cmd);
    jsonw_put_str(out, "name", str_from(command->name));
    jsonw_put_bool(out, "v1", (command->flags & COMMAND_V1) != 0);
    jsonw_put_bool(out, "limited", limited);
    if (command->answer != 0)
        jsonw_put_i64(out, "answer", command->answer);
    action_append(out, command->action);
    line_print(out);
}

int routes_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct buf out = { 0 };
    const struct route_list *list;
    for (size_t i = 0; (list = routes_list(i)) != NULL; i++)
        for (size_t j = 0; j < list->count; j++)
            route_print(&out, &list->rows[j]);
    buf_release(&out);
    return 0;
}

int commands_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct buf out = { 0 };
    for (size_t i = 0; i < command_table.count; i++)
        command_print(&out, &command_table.rows[i]);
    buf_release(&out);
    return 0;
}
