/* migrate.h: `im_service migrate`: a small server's store into a database for many nodes. */
#ifndef IM_CLI_MIGRATE_H
#define IM_CLI_MIGRATE_H

int migrate_main(int argc, char **argv); /* argv[0] is the verb; the exit status */

#endif
