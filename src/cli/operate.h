/* operate.h: `im_service user|group|invite …`. */
#ifndef IM_CLI_OPERATE_H
#define IM_CLI_OPERATE_H

/* argv[0] is the noun, argv[1] the verb. The exit status. */
int operate_main(int argc, char **argv);

#endif
