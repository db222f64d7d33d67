/* import_legacy.h: im_service import-legacy. */
#ifndef IM_CLI_IMPORT_LEGACY_H
#define IM_CLI_IMPORT_LEGACY_H

/* argv[0] is the verb. 0: everything was taken over or is told to be left out, and a second reading found it equal;
 * 1: it was not; 2: the command line is wrong. */
int import_legacy_main(int argc, char **argv);

#endif
