-- State is rewritten all day long: room on each page lets a row be updated in place, and what is dead is cleared before it has doubled the table.
alter table detection_state set (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
