package sdk

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
)

func TestReadBody_HasALimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		size     int
		declared int64 // the Content-Length; -1 without one
		want     error
	}{
		{"empty", 0, 0, nil},
		{"declared size", 1000, 1000, nil},
		{"unknown size", 1000, -1, nil},
		{"at the limit", maxResponse, maxResponse, nil},
		{"at the limit, unknown size", maxResponse, -1, nil},
		{"over the limit", maxResponse + 1, maxResponse + 1, errTooLarge},
		{"over the limit, unknown size", maxResponse + 1, -1, errTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := bytes.Repeat([]byte("a"), tt.size)
			got, err := readBody(&http.Response{
				Body:          io.NopCloser(bytes.NewReader(want)),
				ContentLength: tt.declared,
			})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got the error %v, want %v", err, tt.want)
			}
			if err == nil && !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, want the %d sent", len(got), len(want))
			}
		})
	}
}
