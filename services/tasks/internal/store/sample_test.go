package store

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// A kind that only tests have, with only the required parts: its row, its wire types and its
// definition.

// KindSample is the kind of a [Sample].
const KindSample taskapi.Kind = "sample"

// Sample is a sample on the wire.
type Sample struct {
	ID        string     `json:"id"`
	Text      string     `json:"text"`
	Stars     *int       `json:"stars"`
	Version   int64      `json:"version"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
	DeletedAt *time.Time `json:"deletedAt"`
}

// SampleContent is the request that creates or replaces a sample.
type SampleContent struct {
	Text  string `json:"text"`
	Stars *int   `json:"stars"`
}

// SamplePatch is the request that updates a sample.
type SamplePatch struct {
	Text  taskapi.Optional[string] `json:"text"`
	Stars taskapi.Optional[*int]   `json:"stars"`
}

type sampleRow struct {
	bun.BaseModel `bun:"table:tasklane.samples,alias:n"`
	meta

	Text  string `bun:"text"`
	Stars *int   `bun:"stars"`
}

var samples = define(&definition[sampleRow, Sample, SampleContent, SamplePatch]{
	name: KindSample,
	wire: func(r *sampleRow) Sample {
		return Sample{
			ID: r.ID.String(), Text: r.Text, Stars: r.Stars,
			Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, DeletedAt: r.DeletedAt,
		}
	},
	setContent: func(r *sampleRow, c SampleContent, _ time.Time) { r.Text, r.Stars = c.Text, c.Stars },
})

// SamplesMigration is the migration of samples.
const SamplesMigration = `
	CREATE TABLE tasklane.samples (
		user_id text NOT NULL CHECK (user_id <> ''),
		id uuid NOT NULL,
		seq bigint NOT NULL,
		version bigint NOT NULL,
		created_at timestamptz NOT NULL,
		updated_at timestamptz NOT NULL,
		deleted_at timestamptz,
		text text NOT NULL,
		stars integer,
		size integer NOT NULL,
		PRIMARY KEY (user_id, id)
	);
	CREATE INDEX samples_seq ON tasklane.samples (user_id, seq);
	SELECT tasklane.add_kind('sample', 'samples');`

// AddSamples adds the kind of samples to a store.
func AddSamples(s *Store) *Store {
	s.kinds = append(slices.Clone(s.kinds), samples.kind)
	return s
}
