package store

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

const (
	// pageBytes is the size of its resources in JSON with which a page ends, also
	// below its limit. So it has one resource at least.
	pageBytes = 1 << 20
	// batchBytes bounds the resources that a batch changes or erases. What it
	// creates is bounded by the request.
	batchBytes = 2 << 20
	// shortText is the length of a value that is taken for as many bytes of JSON.
	shortText = 256
)

// errEnough ends the reading of rows before their end.
var errEnough = errors.New("enough rows are read")

// rowBytes returns about how many bytes the current row has in JSON, in which a
// control character takes six.
func rowBytes(rows pgx.Rows) (bytes int) {
	for _, value := range rows.RawValues() {
		bytes += len(value)
		if len(value) <= shortText {
			continue
		}
		for _, c := range value {
			switch {
			case c < ' ':
				bytes += len(`\u0000`) - 1
			case c == '"' || c == '\\':
				bytes++
			}
		}
	}
	return bytes
}
