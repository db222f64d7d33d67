/* state.c: a small map and its file. */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t key_hash(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return hash;
}

static struct state_entry *entry_find(struct state_entry *entries, size_t capacity, const char *key)
{
    size_t at = key_hash(key) & (capacity - 1);
    while (entries[at].key != NULL && strcmp(entries[at].key, key) != 0)
        at = (at + 1) & (capacity - 1);
    return &entries[at];
}

static void state_widen(struct state *state)
{
    size_t capacity = state->capacity == 0 ? 1024 : state->capacity * 2;
    struct state_entry *entries = alloc(capacity * sizeof *entries);
    for (size_t i = 0; i < state->capacity; i++) {
        if (state->entries[i].key != NULL)
            *entry_find(entries, capacity, state->entries[i].key) = state->entries[i];
    }
    free(state->entries);
    state->entries = entries;
    state->capacity = capacity;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(alloc(size), text, size);
}

const char *state_get(const struct state *state, const char *key)
{
    return state->capacity == 0 ? NULL : entry_find(state->entries, state->capacity, key)->value;
}

void state_put(struct state *state, const char *key, const char *value)
{
    if (state->count * 2 >= state->capacity)
        state_widen(state);
    struct state_entry *entry = entry_find(state->entries, state->capacity, key);
    if (entry->key == NULL) {
        entry->key = copy(key);
        state->count++;
    }
    free(entry->value);
    entry->value = copy(value);
}

void state_clear(struct state *state)
{
    for (size_t i = 0; i < state->capacity; i++) {
        free(state->entries[i].key);
        free(state->entries[i].value);
    }
    free(state->entries);
    *state = (struct state){ .path = state->path };
}

void state_load(struct state *state, const char *path)
{
    char line[512];
    *state = (struct state){ .path = path };
    FILE *file = path[0] == '\0' ? NULL : fopen(path, "r");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        char *tab = strchr(line, '\t');
        if (tab == NULL)
            die("%s: a line without a tab", path);
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\n")] = '\0';
        state_put(state, line, tab + 1);
    }
    fclose(file);
}

void state_save(const struct state *state)
{
    if (state->path[0] == '\0')
        return;
    FILE *file = fopen(state->path, "w");
    if (file == NULL)
        die("%s cannot be written", state->path);
    for (size_t i = 0; i < state->capacity; i++) {
        if (state->entries[i].key != NULL)
            fprintf(file, "%s\t%s\n", state->entries[i].key, state->entries[i].value);
    }
    if (fclose(file) != 0)
        die("%s cannot be written", state->path);
}

void state_key_token(char key[STATE_KEY_MAX], const char *email)
{
    snprintf(key, STATE_KEY_MAX, "token %s", email);
}

void state_key_ties(char key[STATE_KEY_MAX], const char *what, const char *prefix, const char *set, size_t count,
                    size_t chats, const char *group)
{
    snprintf(key, STATE_KEY_MAX, "%s %s%s %zu %zu %s", what, prefix, set, count, chats, group == NULL ? "" : group);
}
