package store

import (
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/tasklane/tasklane/sdk/taskapi"
)

// A second kind, with only the required parts: rows, wire types and a line of registration.
// The rest of the package does not know it.

// KindNote is the kind of a [Note].
const KindNote taskapi.Kind = "note"

// Note is a note on the wire.
type Note struct {
	ID        string     `json:"id"`
	Text      string     `json:"text"`
	Stars     *int       `json:"stars"`
	Version   int64      `json:"version"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
	DeletedAt *time.Time `json:"deletedAt"`
}

// NoteContent is the request that creates or replaces a note.
type NoteContent struct {
	Text  string `json:"text"`
	Stars *int   `json:"stars"`
}

// NotePatch is the request that updates a note.
type NotePatch struct {
	Text  taskapi.Optional[string] `json:"text"`
	Stars taskapi.Optional[*int]   `json:"stars"`
}

type noteRow struct {
	bun.BaseModel `bun:"table:tasklane.notes,alias:n"`
	meta

	Text  string `bun:"text"`
	Stars *int   `bun:"stars"`
}

var notes = define(&definition[noteRow, Note, NoteContent, NotePatch]{
	name: KindNote,
	wire: func(r *noteRow) Note {
		return Note{
			ID: r.ID.String(), Text: r.Text, Stars: r.Stars,
			Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, DeletedAt: r.DeletedAt,
		}
	},
	setContent: func(r *noteRow, c NoteContent, _ time.Time) { r.Text, r.Stars = c.Text, c.Stars },
})

// NotesMigration is the migration of notes.
const NotesMigration = `
	CREATE TABLE tasklane.notes (
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
	CREATE INDEX notes_seq ON tasklane.notes (user_id, seq);
	SELECT tasklane.add_kind('note', 'notes');`

// AddNotes adds the kind of notes to a store.
func AddNotes(s *Store) *Store {
	s.kinds = append(slices.Clone(s.kinds), notes.kind)
	return s
}
