-- Long states lie in a table of their own, which is cleared as often as the one that names them.
alter table detection_state set (toast.autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_cost_delay = 0);
