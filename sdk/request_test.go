package sdk

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
)

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		size     int
		declared int64 // the Content-Length; -1 without one
		want     error
	}{
		{"empty", 0, 0, nil},
		{"of declared size", 1000, 1000, nil},
		{"of unknown size", 1000, -1, nil},
		{"at the limit", maxAnswer, maxAnswer, nil},
		{"at the limit, of unknown size", maxAnswer, -1, nil},
		{"over the limit", maxAnswer + 1, maxAnswer + 1, errTooLarge},
		{"over the limit, of unknown size", maxAnswer + 1, -1, errTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := bytes.Repeat([]byte("a"), tt.size)
			got, err := readAnswer(&http.Response{
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
