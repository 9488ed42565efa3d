/**
 * The settings a client may name, with PostgreSQL 18's types, ranges and defaults: facts that SET, SHOW and RESET
 * need. Data, one setting per line:
 * name | type | who may change it | default in base units | unit | least | greatest | enumeration | visibility | description
 * PostgreSQL describes its own settings itself.
 */

export interface SettingDefinition {
  /** In PostgreSQL's spelling (`DateStyle`). */
  readonly name: string
  readonly type: 'bool' | 'integer' | 'real' | 'string' | 'enum'
  /** user: anyone; superuser: nobody here; the rest: not in a session. */
  readonly context: string
  /** Canonical; numbers in base units. */
  readonly defaultValue: string
  readonly unit: string
  readonly least: number
  readonly greatest: number
  readonly enumeration: readonly string[]
  /** hidden: only administrators may read it. unlisted: SHOW ALL leaves it out. */
  readonly visibility: 'all' | 'hidden' | 'unlisted'
  /** Of the engine's own settings; PostgreSQL has those of the others. */
  readonly description?: string
}

/** The definition of a setting by its name in any case; undefined when PostgreSQL has none. */
export function settingDefinition(name: string): SettingDefinition | undefined {
  return definitions().get(name.toLowerCase())
}

/** All definitions, in the order of SHOW ALL. */
export function settingDefinitions(): Iterable<SettingDefinition> {
  return definitions().values()
}

let parsed: ReadonlyMap<string, SettingDefinition> | undefined

function definitions(): ReadonlyMap<string, SettingDefinition> {
  parsed ??= new Map(
    DATA.trim()
      .split('\n')
      .map((line) => {
        const [name = '', type, context = '', value = '', unit = '', least, greatest, ...rest] =
          line.split('|')
        const [list, seen, description] = rest
        return [
          name.toLowerCase(),
          {
            name,
            type: type as SettingDefinition['type'],
            context,
            defaultValue: value,
            unit,
            least: Number(least || -Infinity),
            greatest: Number(greatest || Infinity),
            enumeration: list ? list.split(',') : [],
            visibility: (seen || 'all') as SettingDefinition['visibility'],
            ...(description ? { description } : {}),
          },
        ]
      }),
  )
  return parsed
}

const DATA = String.raw`
allow_alter_system|bool|sighup|on
allow_in_place_tablespaces|bool|superuser|off
allow_system_table_mods|bool|superuser|off
application_name|string|user
archive_cleanup_command|string|sighup
archive_command|string|sighup
archive_library|string|sighup
archive_mode|enum|postmaster|off||||always,on,off
archive_timeout|integer|sighup|0|s|0|1073741823
array_nulls|bool|user|on
authentication_timeout|integer|sighup|60|s|1|600
autovacuum|bool|sighup|on
autovacuum_analyze_scale_factor|real|sighup|0.1||0|100
autovacuum_analyze_threshold|integer|sighup|50||0|2147483647
autovacuum_freeze_max_age|integer|postmaster|200000000||100000|2000000000
autovacuum_max_workers|integer|sighup|3||1|262143
autovacuum_multixact_freeze_max_age|integer|postmaster|400000000||10000|2000000000
autovacuum_naptime|integer|sighup|60|s|1|2147483
autovacuum_vacuum_cost_delay|real|sighup|2|ms|-1|100
autovacuum_vacuum_cost_limit|integer|sighup|-1||-1|10000
autovacuum_vacuum_insert_scale_factor|real|sighup|0.2||0|100
autovacuum_vacuum_insert_threshold|integer|sighup|1000||-1|2147483647
autovacuum_vacuum_max_threshold|integer|sighup|100000000||-1|2147483647
autovacuum_vacuum_scale_factor|real|sighup|0.2||0|100
autovacuum_vacuum_threshold|integer|sighup|50||0|2147483647
autovacuum_work_mem|integer|sighup|-1|kB|-1|2147483647
autovacuum_worker_slots|integer|postmaster|16||1|262143
backend_flush_after|integer|user|0|8kB|0|256
backslash_quote|enum|user|safe_encoding||||safe_encoding,on,off
backtrace_functions|string|superuser
bgwriter_delay|integer|sighup|200|ms|10|10000
bgwriter_flush_after|integer|sighup|64|8kB|0|256
bgwriter_lru_maxpages|integer|sighup|100||0|1073741823
bgwriter_lru_multiplier|real|sighup|2||0|10
block_size|integer|internal|8192||8192|8192
bonjour|bool|postmaster|off
bonjour_name|string|postmaster
bytea_output|enum|user|hex||||escape,hex
check_function_bodies|bool|user|on
checkpoint_completion_target|real|sighup|0.9||0|1
checkpoint_flush_after|integer|sighup|32|8kB|0|256
checkpoint_timeout|integer|sighup|300|s|30|86400
checkpoint_warning|integer|sighup|30|s|0|2147483647
client_connection_check_interval|integer|user|0|ms|0|2147483647
client_encoding|string|user|UTF8
client_min_messages|enum|user|notice||||debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
cluster_name|string|postmaster
commit_delay|integer|superuser|0||0|100000
commit_siblings|integer|user|5||0|1000
commit_timestamp_buffers|integer|postmaster|0|8kB|0|131072
compute_query_id|enum|superuser|auto||||auto,regress,on,off
config_file|string|postmaster||||||hidden
constraint_exclusion|enum|user|partition||||partition,on,off
cpu_index_tuple_cost|real|user|0.005||0|1.79769e+308
cpu_operator_cost|real|user|0.0025||0|1.79769e+308
cpu_tuple_cost|real|user|0.01||0|1.79769e+308
createrole_self_grant|string|user
cursor_tuple_fraction|real|user|0.1||0|1
data_checksums|bool|internal|on
data_directory|string|postmaster||||||hidden
data_directory_mode|integer|internal|448||0|511
data_sync_retry|bool|postmaster|off
DateStyle|string|user|ISO, MDY
deadlock_timeout|integer|superuser|1000|ms|1|2147483647
debug_assertions|bool|internal|off
debug_discard_caches|integer|superuser|0||0|0
debug_io_direct|string|postmaster
debug_logical_replication_streaming|enum|user|buffered||||buffered,immediate
debug_parallel_query|enum|user|off||||off,on,regress
debug_pretty_print|bool|user|on
debug_print_parse|bool|user|off
debug_print_plan|bool|user|off
debug_print_rewritten|bool|user|off
default_statistics_target|integer|user|100||1|10000
default_table_access_method|string|user|heap
default_tablespace|string|user
default_text_search_config|string|user|pg_catalog.english
default_toast_compression|enum|user|pglz||||pglz
default_transaction_deferrable|bool|user|off
default_transaction_isolation|enum|user|read committed||||serializable,repeatable read,read committed,read uncommitted
default_transaction_read_only|bool|user|off
dynamic_library_path|string|superuser|$libdir|||||hidden
dynamic_shared_memory_type|enum|postmaster|posix||||posix,sysv,mmap
effective_cache_size|integer|user|524288|8kB|1|2147483647
effective_io_concurrency|integer|user|16||0|1000
enable_async_append|bool|user|on
enable_bitmapscan|bool|user|on
enable_distinct_reordering|bool|user|on
enable_gathermerge|bool|user|on
enable_group_by_reordering|bool|user|on
enable_hashagg|bool|user|on
enable_hashjoin|bool|user|on
enable_incremental_sort|bool|user|on
enable_indexonlyscan|bool|user|on
enable_indexscan|bool|user|on
enable_material|bool|user|on
enable_memoize|bool|user|on
enable_mergejoin|bool|user|on
enable_nestloop|bool|user|on
enable_parallel_append|bool|user|on
enable_parallel_hash|bool|user|on
enable_partition_pruning|bool|user|on
enable_partitionwise_aggregate|bool|user|off
enable_partitionwise_join|bool|user|off
enable_presorted_aggregate|bool|user|on
enable_self_join_elimination|bool|user|on
enable_seqscan|bool|user|on
enable_sort|bool|user|on
enable_tidscan|bool|user|on
escape_string_warning|bool|user|on
event_source|string|postmaster|PostgreSQL
event_triggers|bool|superuser|on
exit_on_error|bool|user|off
extension_control_path|string|superuser|$system|||||hidden
external_pid_file|string|postmaster||||||hidden
extra_float_digits|integer|user|1||-15|3
file_copy_method|enum|user|copy||||copy,clone
file_extend_method|enum|sighup|posix_fallocate||||posix_fallocate,write_zeros
from_collapse_limit|integer|user|8||1|2147483647
fsync|bool|sighup|on
full_page_writes|bool|sighup|on
geqo|bool|user|on
geqo_effort|integer|user|5||1|10
geqo_generations|integer|user|0||0|2147483647
geqo_pool_size|integer|user|0||0|2147483647
geqo_seed|real|user|0||0|1
geqo_selection_bias|real|user|2||1.5|2
geqo_threshold|integer|user|12||2|2147483647
gin_fuzzy_search_limit|integer|user|0||0|2147483647
gin_pending_list_limit|integer|user|4096|kB|64|2147483647
gss_accept_delegation|bool|sighup|off
hash_mem_multiplier|real|user|2||1|1000
hba_file|string|postmaster||||||hidden
hot_standby|bool|postmaster|on
hot_standby_feedback|bool|sighup|off
huge_page_size|integer|postmaster|0|kB|0|2147483647
huge_pages|enum|postmaster|try||||off,on,try
huge_pages_status|enum|internal|off||||off,on,unknown
icu_validation_level|enum|user|warning||||disabled,debug5,debug4,debug3,debug2,debug1,log,notice,warning,error
ident_file|string|postmaster||||||hidden
idle_in_transaction_session_timeout|integer|user|0|ms|0|2147483647
idle_replication_slot_timeout|integer|sighup|0|s|0|2147483647
idle_session_timeout|integer|user|0|ms|0|2147483647
ignore_checksum_failure|bool|superuser|off
ignore_invalid_pages|bool|postmaster|off
ignore_system_indexes|bool|backend|off
in_hot_standby|bool|internal|off
integer_datetimes|bool|internal|on
IntervalStyle|enum|user|postgres||||postgres,postgres_verbose,sql_standard,iso_8601
io_combine_limit|integer|user|16|8kB|1|128
io_max_combine_limit|integer|postmaster|16|8kB|1|128
io_max_concurrency|integer|postmaster|-1||-1|1024
io_method|enum|postmaster|worker||||sync,worker
io_workers|integer|sighup|3||1|32
is_superuser|bool|internal|off|||||unlisted
jit|bool|user|off
jit_above_cost|real|user|100000||-1|1.79769e+308
jit_debugging_support|bool|superuser-backend|off
jit_dump_bitcode|bool|superuser|off
jit_expressions|bool|user|on
jit_inline_above_cost|real|user|500000||-1|1.79769e+308
jit_optimize_above_cost|real|user|500000||-1|1.79769e+308
jit_profiling_support|bool|superuser-backend|off
jit_provider|string|postmaster|llvmjit|||||hidden
jit_tuple_deforming|bool|user|on
join_collapse_limit|integer|user|8||1|2147483647
krb_caseins_users|bool|sighup|off
krb_server_keyfile|string|sighup||||||hidden
lc_messages|string|superuser|C
lc_monetary|string|user|C.UTF-8
lc_numeric|string|user|C.UTF-8
lc_time|string|user|C.UTF-8
listen_addresses|string|postmaster|localhost
lo_compat_privileges|bool|superuser|off
local_preload_libraries|string|user
lock_timeout|integer|user|0|ms|0|2147483647
log_autovacuum_min_duration|integer|sighup|600000|ms|-1|2147483647
log_checkpoints|bool|sighup|on
log_connections|string|superuser-backend
log_destination|string|sighup|stderr
log_directory|string|sighup|log|||||hidden
log_disconnections|bool|superuser-backend|off
log_duration|bool|superuser|off
log_error_verbosity|enum|superuser|default||||terse,default,verbose
log_executor_stats|bool|superuser|off
log_file_mode|integer|sighup|384||0|511
log_filename|string|sighup|postgresql-%Y-%m-%d_%H%M%S.log|||||hidden
log_hostname|bool|sighup|off
log_line_prefix|string|sighup|%m [%p] 
log_lock_failures|bool|superuser|off
log_lock_waits|bool|superuser|off
log_min_duration_sample|integer|superuser|-1|ms|-1|2147483647
log_min_duration_statement|integer|superuser|-1|ms|-1|2147483647
log_min_error_statement|enum|superuser|error||||debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic
log_min_messages|enum|superuser|warning||||debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic
log_parameter_max_length|integer|superuser|-1|B|-1|1073741823
log_parameter_max_length_on_error|integer|user|0|B|-1|1073741823
log_parser_stats|bool|superuser|off
log_planner_stats|bool|superuser|off
log_recovery_conflict_waits|bool|sighup|off
log_replication_commands|bool|superuser|off
log_rotation_age|integer|sighup|1440|min|0|35791394
log_rotation_size|integer|sighup|10240|kB|0|2147483647
log_startup_progress_interval|integer|sighup|10000|ms|0|2147483647
log_statement|enum|superuser|none||||none,ddl,mod,all
log_statement_sample_rate|real|superuser|1||0|1
log_statement_stats|bool|superuser|off
log_temp_files|integer|superuser|-1|kB|-1|2147483647
log_timezone|string|sighup|UTC
log_transaction_sample_rate|real|superuser|0||0|1
log_truncate_on_rotation|bool|sighup|off
logging_collector|bool|postmaster|off
logical_decoding_work_mem|integer|user|65536|kB|64|2147483647
maintenance_io_concurrency|integer|user|16||0|1000
maintenance_work_mem|integer|user|65536|kB|64|2147483647
max_active_replication_origins|integer|postmaster|10||0|262143
max_connections|integer|postmaster|100||1|262143
max_files_per_process|integer|postmaster|1000||64|2147483647
max_function_args|integer|internal|100||100|100
max_identifier_length|integer|internal|63||63|63
max_index_keys|integer|internal|32||32|32
max_locks_per_transaction|integer|postmaster|64||10|2147483647
max_logical_replication_workers|integer|postmaster|4||0|262143
max_notify_queue_pages|integer|postmaster|1048576||64|2147483647
max_parallel_apply_workers_per_subscription|integer|sighup|2||0|1024
max_parallel_maintenance_workers|integer|user|2||0|1024
max_parallel_workers|integer|user|8||0|1024
max_parallel_workers_per_gather|integer|user|2||0|1024
max_pred_locks_per_page|integer|sighup|2||0|2147483647
max_pred_locks_per_relation|integer|sighup|-2||-2147483648|2147483647
max_pred_locks_per_transaction|integer|postmaster|64||10|2147483647
max_prepared_transactions|integer|postmaster|0||0|262143
max_replication_slots|integer|postmaster|10||0|262143
max_slot_wal_keep_size|integer|sighup|-1|MB|-1|2147483647
max_stack_depth|integer|superuser|2048|kB|100|2147483647
max_standby_archive_delay|integer|sighup|30000|ms|-1|2147483647
max_standby_streaming_delay|integer|sighup|30000|ms|-1|2147483647
max_sync_workers_per_subscription|integer|sighup|2||0|262143
max_wal_senders|integer|postmaster|10||0|262143
max_wal_size|integer|sighup|1024|MB|2|2147483647
max_worker_processes|integer|postmaster|8||0|262143
md5_password_warnings|bool|user|on
min_dynamic_shared_memory|integer|postmaster|0|MB|0|2147483647
min_parallel_index_scan_size|integer|user|64|8kB|0|715827882
min_parallel_table_scan_size|integer|user|1024|8kB|0|715827882
min_wal_size|integer|sighup|80|MB|2|2147483647
multixact_member_buffers|integer|postmaster|32|8kB|16|131072
multixact_offset_buffers|integer|postmaster|16|8kB|16|131072
notify_buffers|integer|postmaster|16|8kB|16|131072
num_os_semaphores|integer|internal|174||0|2147483647
oauth_validator_libraries|string|sighup||||||hidden
parallel_leader_participation|bool|user|on
parallel_setup_cost|real|user|1000||0|1.79769e+308
parallel_tuple_cost|real|user|0.1||0|1.79769e+308
password_encryption|enum|user|scram-sha-256||||md5,scram-sha-256
plan_cache_mode|enum|user|auto||||auto,force_generic_plan,force_custom_plan
port|integer|postmaster|5432||1|65535
post_auth_delay|integer|backend|0|s|0|2147
pre_auth_delay|integer|sighup|0|s|0|60
primary_conninfo|string|sighup||||||hidden
primary_slot_name|string|sighup
quote_all_identifiers|bool|user|off
random_page_cost|real|user|4||0|1.79769e+308
recovery_end_command|string|sighup
recovery_init_sync_method|enum|sighup|fsync||||fsync,syncfs
recovery_min_apply_delay|integer|sighup|0|ms|0|2147483647
recovery_prefetch|enum|sighup|try||||off,on,try
recovery_target|string|postmaster
recovery_target_action|enum|postmaster|pause||||pause,promote,shutdown
recovery_target_inclusive|bool|postmaster|on
recovery_target_lsn|string|postmaster
recovery_target_name|string|postmaster
recovery_target_time|string|postmaster
recovery_target_timeline|string|postmaster|latest
recovery_target_xid|string|postmaster
recursive_worktable_factor|real|user|10||0.001|1e+06
remove_temp_files_after_crash|bool|sighup|on
reserved_connections|integer|postmaster|0||0|262143
restart_after_crash|bool|sighup|on
restore_command|string|sighup
restrict_nonsystem_relation_kind|string|user
role|string|user|none|||||unlisted
row_security|bool|user|on
scram_iterations|integer|user|4096||1|2147483647
search_path|string|user|"$user", public
segment_size|integer|internal|131072|8kB|131072|131072
send_abort_for_crash|bool|sighup|off
send_abort_for_kill|bool|sighup|off
seq_page_cost|real|user|1||0|1.79769e+308
serializable_buffers|integer|postmaster|32|8kB|16|131072
server_encoding|string|internal|UTF8
server_version|string|internal|18.6
server_version_num|integer|internal|180006||180006|180006
session_authorization|string|user||||||unlisted
session_preload_libraries|string|superuser||||||hidden
session_replication_role|enum|superuser|origin||||origin,replica,local
shared_buffers|integer|postmaster|16384|8kB|16|1073741823
shared_memory_size|integer|internal|286|MB|0|2147483647
shared_memory_size_in_huge_pages|integer|internal|143||-1|2147483647
shared_memory_type|enum|postmaster|mmap||||sysv,mmap
shared_preload_libraries|string|postmaster||||||hidden
ssl|bool|sighup|off
ssl_ca_file|string|sighup
ssl_cert_file|string|sighup|server.crt
ssl_ciphers|string|sighup|HIGH:MEDIUM:+3DES:!aNULL|||||hidden
ssl_crl_dir|string|sighup
ssl_crl_file|string|sighup
ssl_dh_params_file|string|sighup||||||hidden
ssl_groups|string|sighup|X25519:prime256v1|||||hidden
ssl_key_file|string|sighup|server.key
ssl_library|string|internal|OpenSSL
ssl_max_protocol_version|enum|sighup|||||,TLSv1,TLSv1.1,TLSv1.2,TLSv1.3|hidden
ssl_min_protocol_version|enum|sighup|TLSv1.2||||TLSv1,TLSv1.1,TLSv1.2,TLSv1.3|hidden
ssl_passphrase_command|string|sighup||||||hidden
ssl_passphrase_command_supports_reload|bool|sighup|off
ssl_prefer_server_ciphers|bool|sighup|on
ssl_tls13_ciphers|string|sighup||||||hidden
standard_conforming_strings|bool|user|on
statement_timeout|integer|user|0|ms|0|2147483647
stats_fetch_consistency|enum|user|cache||||none,cache,snapshot
subtransaction_buffers|integer|postmaster|0|8kB|0|131072
summarize_wal|bool|sighup|off
superuser_reserved_connections|integer|postmaster|3||0|262143
sync_replication_slots|bool|sighup|off
synchronize_seqscans|bool|user|on
synchronized_standby_slots|string|sighup
synchronous_commit|enum|user|on||||local,remote_write,remote_apply,on,off
synchronous_standby_names|string|sighup
syslog_facility|enum|sighup|local0||||local0,local1,local2,local3,local4,local5,local6,local7
syslog_ident|string|sighup|postgres
syslog_sequence_numbers|bool|sighup|on
syslog_split_messages|bool|sighup|on
tcp_keepalives_count|integer|user|0||0|2147483647
tcp_keepalives_idle|integer|user|0|s|0|2147483647
tcp_keepalives_interval|integer|user|0|s|0|2147483647
tcp_user_timeout|integer|user|0|ms|0|2147483647
temp_buffers|integer|user|1024|8kB|100|1073741823
temp_file_limit|integer|superuser|-1|kB|-1|2147483647
temp_tablespaces|string|user
TimeZone|string|user|UTC
timezone_abbreviations|string|user|Default
trace_connection_negotiation|bool|postmaster|off
trace_notify|bool|user|off
trace_sort|bool|user|off
track_activities|bool|superuser|on
track_activity_query_size|integer|postmaster|1024|B|100|1048576
track_commit_timestamp|bool|postmaster|off
track_cost_delay_timing|bool|superuser|off
track_counts|bool|superuser|on
track_functions|enum|superuser|none||||none,pl,all
track_io_timing|bool|superuser|off
track_wal_io_timing|bool|superuser|off
transaction_buffers|integer|postmaster|0|8kB|0|131072
transaction_deferrable|bool|user|off
transaction_isolation|enum|user|read committed||||serializable,repeatable read,read committed,read uncommitted
transaction_read_only|bool|user|off
transaction_timeout|integer|user|0|ms|0|2147483647
transform_null_equals|bool|user|off
tributary.learned_estimates|bool|user|off||||||Plans with the row counts that earlier statements met.
tributary.max_rows_moved|integer|user|0||0|2147483647|||Sets the most rows that sources may send for a statement; 0 is no limit.
tributary.measured_prices|bool|user|off||||||Plans with round trips and transfer rates measured at each source.
tributary.memory_limit|integer|user|524288|kB|1024|2147483647|||Sets the most memory that a statement may use before it writes to disk.
tributary.pushdown|bool|user|on||||||Lets sources filter, join, group and sort; off reads whole tables.
tributary.strict_pushdown|bool|user|off||||||Refuses statements of which work stays here that a source could be asked for.
unix_socket_directories|string|postmaster|/tmp|||||hidden
unix_socket_group|string|postmaster
unix_socket_permissions|integer|postmaster|511||0|511
update_process_title|bool|superuser|on
vacuum_buffer_usage_limit|integer|user|2048|kB|0|16777216
vacuum_cost_delay|real|user|0|ms|0|100
vacuum_cost_limit|integer|user|200||1|10000
vacuum_cost_page_dirty|integer|user|20||0|10000
vacuum_cost_page_hit|integer|user|1||0|10000
vacuum_cost_page_miss|integer|user|2||0|10000
vacuum_failsafe_age|integer|user|1600000000||0|2100000000
vacuum_freeze_min_age|integer|user|50000000||0|1000000000
vacuum_freeze_table_age|integer|user|150000000||0|2000000000
vacuum_max_eager_freeze_failure_rate|real|user|0.03||0|1
vacuum_multixact_failsafe_age|integer|user|1600000000||0|2100000000
vacuum_multixact_freeze_min_age|integer|user|5000000||0|1000000000
vacuum_multixact_freeze_table_age|integer|user|150000000||0|2000000000
vacuum_truncate|bool|user|on
wal_block_size|integer|internal|8192||8192|8192
wal_buffers|integer|postmaster|-1|8kB|-1|262143
wal_compression|enum|superuser|off||||pglz,on,off
wal_consistency_checking|string|superuser
wal_decode_buffer_size|integer|postmaster|524288|B|65536|1073741823
wal_init_zero|bool|superuser|on
wal_keep_size|integer|sighup|0|MB|0|2147483647
wal_level|enum|postmaster|replica||||minimal,replica,logical
wal_log_hints|bool|postmaster|off
wal_receiver_create_temp_slot|bool|sighup|off
wal_receiver_status_interval|integer|sighup|10|s|0|2147483
wal_receiver_timeout|integer|sighup|60000|ms|0|2147483647
wal_recycle|bool|superuser|on
wal_retrieve_retry_interval|integer|sighup|5000|ms|1|2147483647
wal_segment_size|integer|internal|16777216|B|1048576|1073741824
wal_sender_timeout|integer|user|60000|ms|0|2147483647
wal_skip_threshold|integer|user|2048|kB|0|2147483647
wal_summary_keep_time|integer|sighup|14400|min|0|35791394
wal_sync_method|enum|sighup|fdatasync||||fsync,fdatasync,open_sync,open_datasync
wal_writer_delay|integer|sighup|200|ms|1|10000
wal_writer_flush_after|integer|sighup|128|8kB|0|2147483647
work_mem|integer|user|4096|kB|64|2147483647
xmlbinary|enum|user|base64||||base64,hex
xmloption|enum|user|content||||content,document
zero_damaged_pages|bool|superuser|off
`
