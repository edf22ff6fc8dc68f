package store

import (
	"errors"

	"github.com/jackc/pgx/v5"
)

const (
	// pageBytes is the size of resources, as JSON, that ends a page before its limit. A
	// page has at least one resource.
	pageBytes = 1 << 20
	// batchBytes bounds the resources that a batch changes or erases. The request
	// itself bounds those that it creates.
	batchBytes = 2 << 20
	// shortText is the length up to which a value is not searched for characters that are
	// longer in JSON.
	shortText = 256
)

// errEnough stops reading rows.
var errEnough = errors.New("enough rows are read")

// rowBytes returns the approximate size of the current row as JSON, in which a control
// character takes six bytes.
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
