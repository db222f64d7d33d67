/* routes.c: finding a row. */
#include "api/routes.h"

#include <stdio.h>

static const struct route_list *const lists[] = {
    &routes_user,      &routes_account, &routes_contact, &routes_conv,   &routes_msg,
    &routes_community, &routes_file,    &routes_sticker, &routes_system,
};

static const char *const method_names[] = {
    [HTTP_GET] = "GET, HEAD",
    [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE",
};

static void row_match(const struct route *row, enum http_method method, struct route_match *out)
{
    size_t used = strlen(out->allow);
    bool open = (row->flags & ROUTE_OPEN) != 0;
    bool found = row->method == method || (row->method == HTTP_GET && method == HTTP_HEAD);
    /* The row that is found decides; of a wrong method, all rows of the path have to be open. */
    if (found)
        out->open = open;
    else if (out->route == NULL)
        out->open = open && (out->open || !out->known);
    out->known = true;
    snprintf(out->allow + used, sizeof(out->allow) - used, "%s%s", used == 0 ? "" : ", ", method_names[row->method]);
    if (found)
        out->route = row;
}

const struct route_list *routes_list(size_t i)
{
    return i < sizeof(lists) / sizeof(lists[0]) ? lists[i] : NULL;
}

/* A row's path that ends in '*' stands for every path that begins so. */
static bool path_matches(struct str path, struct str row)
{
    if (row.ptr[row.size - 1] != '*')
        return str_equal(path, row);
    row.size--;
    return path.size > row.size && memcmp(path.ptr, row.ptr, row.size) == 0;
}

void routes_match(enum http_method method, struct str path, struct route_match *out)
{
    *out = (struct route_match){ 0 };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        for (size_t j = 0; j < lists[i]->count; j++)
            if (path_matches(path, str_from(lists[i]->rows[j].path)))
                row_match(&lists[i]->rows[j], method, out);
    if (out->known && strlen(out->allow) + sizeof(", OPTIONS") <= sizeof(out->allow))
        strcat(out->allow, ", OPTIONS");
}
