package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/tasks/internal/store"
	"github.com/tasklane/tasklane/services/tasks/internal/store/storetest"
)

// TestRebalance runs Rebalance against a fake of Citus, which copies no table whose owner
// is subject to row-level security. However the rebalance ends, the owner must be subject to
// it afterwards.
func TestRebalance(t *testing.T) {
	t.Parallel()
	const (
		finished = "INSERT INTO jobs VALUES ('running', 0, '{}'), ('finished', 1, '{\"done\": 9}')"
		failed   = "INSERT INTO jobs VALUES ('failed', 0, '{\"error\": 1}')"
		endless  = "INSERT INTO jobs SELECT 'running', n, '{}' FROM generate_series(0, 1000) n"
	)
	for _, tc := range []struct {
		name, before, started string
		reports, fault        string
		stop                  bool
	}{
		{name: "shards are moved", started: finished, reports: `running, moves {}; finished, moves {"done": 9}`},
		{name: "nothing to move", started: "PERFORM 1", reports: "no shard has to be moved"},
		{name: "one is already running", before: "INSERT INTO jobs VALUES ('running', -1, '{}'); " + finished, started: "RAISE EXCEPTION 'A rebalance is already running'", reports: `running, moves {}; finished, moves {"done": 9}`},
		{name: "the job fails", started: failed, reports: `failed, moves {"error": 1}`, fault: "the rebalance has failed"},
		{name: "the job cannot start", started: "RAISE EXCEPTION 'no'", fault: "start the rebalance"},
		{name: "the operator stops it", started: endless, reports: "running, moves {}", fault: "context canceled", stop: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := storetest.NewDatabase(t)
			asOwner(t, db, likeCitus+`;
				INSERT INTO like_citus.pg_extension VALUES ('citus');
				INSERT INTO like_citus.pg_dist_node VALUES (3, true, true);
				SET search_path = like_citus;
				CREATE TABLE jobs (state text, at integer, counts jsonb);
				CREATE TABLE stopped (at timestamptz);
				CREATE FUNCTION citus_rebalance_status() RETURNS TABLE (state text, details jsonb) LANGUAGE plpgsql SET search_path = like_citus AS $$
				DECLARE seen record;
				BEGIN
					-- Each call returns the next state; the last one stays.
					DELETE FROM jobs WHERE at = (SELECT min(at) FROM jobs) AND (SELECT count(*) FROM jobs) > 1 RETURNING * INTO seen;
					IF seen IS NULL THEN SELECT * FROM jobs INTO seen; END IF;
					IF seen.state IS NOT NULL THEN
						RETURN QUERY SELECT seen.state, jsonb_build_object('task_state_counts', seen.counts, 'tasks', '[]'::jsonb);
					END IF;
				END $$;
				CREATE FUNCTION citus_rebalance_stop() RETURNS void LANGUAGE sql SET search_path = like_citus AS
					$$ DELETE FROM jobs; INSERT INTO jobs VALUES ('cancelled', 0, '{}'); INSERT INTO stopped VALUES (now()) $$;
				CREATE FUNCTION citus_rebalance_start() RETURNS bigint LANGUAGE plpgsql SET search_path = like_citus AS $$
				BEGIN
					IF EXISTS (SELECT FROM pg_class WHERE relnamespace = 'tasklane'::regnamespace AND relforcerowsecurity) THEN
						RAISE EXCEPTION 'cannot replicate into relation with row-level security enabled';
					END IF;
					`+tc.started+`;
					RETURN (SELECT 1 WHERE EXISTS (SELECT FROM jobs));
				END $$;
				`+tc.before)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var reports []string
			err := store.Rebalance(ctx, likeCitusURL(t, db), func(report string) {
				reports = append(reports, report)
				if tc.stop {
					stop()
				}
			})
			if got := strings.Join(reports, "; "); got != tc.reports {
				t.Errorf("the reports are %q, want %q", got, tc.reports)
			}
			if tc.fault == "" && err != nil || tc.fault != "" && (err == nil || !strings.Contains(err.Error(), tc.fault)) {
				t.Errorf("Rebalance returned %v, want %q", err, tc.fault)
			}
			if tc.stop && (!errors.Is(err, context.Canceled) || queryAsOwner(t, db, "SELECT count(*)::text FROM like_citus.stopped") != "1") {
				t.Error("the rebalance was not stopped")
			}
			s := storetest.Open(t, store.Config{URL: db.URL})
			if err := s.CheckSafety(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRebalance_FailsWithoutCitus(t *testing.T) {
	t.Parallel()
	db := storetest.NewDatabase(t)
	if err := store.Rebalance(t.Context(), db.OwnerURL, func(string) {}); !errors.Is(err, store.ErrNoCitus) {
		t.Errorf("Rebalance: %v, want ErrNoCitus", err)
	}
}
