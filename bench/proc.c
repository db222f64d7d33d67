/* proc.c: /proc/<pid>/stat and smaps_rollup. */
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool proc_read(int pid, const char *name, char *text, size_t capacity)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t size = fread(text, 1, capacity - 1, file);
    fclose(file);
    text[size] = '\0';
    return size > 0;
}

bool proc_set_parse(struct proc_set *set, const char *list)
{
    set->count = 0;
    while (*list != '\0') {
        char *end;
        long pid = strtol(list, &end, 10);
        if (end == list || pid <= 0 || set->count == PROC_PIDS_MAX || (*end != '\0' && *end != ','))
            return false;
        set->pids[set->count++] = (int)pid;
        list = *end == ',' ? end + 1 : end;
    }
    return true;
}

void proc_set_self(struct proc_set *set)
{
    *set = (struct proc_set){ .pids = { (int)getpid() }, .count = 1 };
}

/* Fields 14 and 15; the command's name may hold blanks, so count from its closing bracket. */
static int64_t cpu_us_of(int pid)
{
    char text[1024];
    if (!proc_read(pid, "stat", text, sizeof text))
        die("process %d is gone", pid);
    const char *at = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (at == NULL || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        die("/proc/%d/stat is not understood", pid);
    return (int64_t)(user + system) * (1000000 / sysconf(_SC_CLK_TCK));
}

static int64_t rss_kib_of(int pid)
{
    char text[8192];
    const char *at;
    if (proc_read(pid, "smaps_rollup", text, sizeof text) && (at = strstr(text, "\nRss:")) != NULL)
        return strtol(at + 5, NULL, 10);
    if (proc_read(pid, "status", text, sizeof text) && (at = strstr(text, "\nVmRSS:")) != NULL)
        return strtol(at + 7, NULL, 10);
    return 0;
}

int64_t proc_cpu_us(const struct proc_set *set)
{
    int64_t sum = 0;
    for (size_t i = 0; i < set->count; i++)
        sum += cpu_us_of(set->pids[i]);
    return sum;
}

int64_t proc_rss_kib(const struct proc_set *set)
{
    int64_t sum = 0;
    for (size_t i = 0; i < set->count; i++)
        sum += rss_kib_of(set->pids[i]);
    return sum;
}
