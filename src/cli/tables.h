/* tables.h: `im_service routes` and `im_service commands`. */
#ifndef IM_CLI_TABLES_H
#define IM_CLI_TABLES_H

/* What the server answers to, from the tables it looks things up in: a JSON object a line. Documents and tests are
 * held to it (tools/check_docs, test/contract). */
int routes_main(int argc, char **argv);
int commands_main(int argc, char **argv);

#endif
