/* schema.h: the MySQL side of the migrations. Inside store/ only. */
#ifndef IM_STORE_SCHEMA_H
#define IM_STORE_SCHEMA_H

extern const char schema_mysql_meta[];
extern const char schema_mysql_4[]; /* all of versions 1 to 4 */
extern const char schema_mysql_5[]; /* SQLite has no other nodes */

#endif
