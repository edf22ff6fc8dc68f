package store

import "github.com/jackc/pgx/v5/pgxpool"

// PoolStat says how many connections there are and how they are used.
func (s *Store) PoolStat() *pgxpool.Stat { return s.pool.Stat() }
