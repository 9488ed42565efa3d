/**
 * Functions whose answer is in the session or in the catalog: names, privileges, comments, settings. The PostgreSQL that holds
 * the virtual catalog is asked for them; any other would answer for a catalog and a session of its own.
 */
import type { Expression, FunctionReference } from './expression.js'

/** The name, in plans, of the source that is the virtual catalog's own PostgreSQL. */
export const CATALOG_SOURCE = 'pg_catalog'

const NAMES = new Set(
  (
    'current_database current_query current_schema current_schemas current_setting version format_type getdatabaseencoding ' +
    'row_security_active obj_description col_description shobj_description ' +
    'to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure to_regrole ' +
    'to_regtype to_regtypemod regclass ' +
    'pg_has_role pg_describe_object pg_identify_object pg_identify_object_as_address pg_get_object_address ' +
    'pg_client_encoding pg_char_to_encoding pg_encoding_to_char pg_my_temp_schema pg_is_other_temp_schema ' +
    'pg_relation_filenode pg_relation_filepath pg_filenode_relation pg_relation_is_publishable ' +
    'pg_relation_is_updatable pg_column_is_updatable pg_partition_root pg_partition_tree pg_partition_ancestors ' +
    'pg_collation_actual_version pg_database_collation_actual_version pg_options_to_table pg_settings_get_flags ' +
    'pg_backend_pid pg_postmaster_start_time pg_conf_load_time pg_show_all_settings ' +
    'pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_sequence_parameters ' +
    'inet_client_addr inet_client_port inet_server_addr inet_server_port acldefault aclexplode'
  ).split(' '),
)

const PATTERN = /^(has_\w+_privilege|pg_get_\w+|pg_\w+_is_visible|pg_stat_get_\w+)$/

/** Tells whether only the virtual catalog's own PostgreSQL can answer a call. */
export function asksCatalog({ name, schema }: Pick<FunctionReference, 'name' | 'schema'>): boolean {
  return schema === 'pg_catalog' && (NAMES.has(name) || PATTERN.test(name))
}

/** regclass, regrole and regnamespace: numbers whose text is a name in the catalog. */
const NAMED_TYPES: ReadonlySet<number> = new Set([2205, 4096, 4089])

/** Tells whether only it can answer an expression: a call, or a cast between the numbers of things in the catalog and their names. */
export function isCatalogQuestion(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return asksCatalog(expression.function)
    case 'io-cast':
    case 'relabel':
      return NAMED_TYPES.has(expression.type.oid) || NAMED_TYPES.has(expression.argument.type.oid)
    default:
      return false
  }
}
