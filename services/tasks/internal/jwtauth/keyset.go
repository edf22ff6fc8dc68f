package jwtauth

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/maypok86/otter/v2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

const (
	// fetchTimeout bounds one fetch of the keys.
	fetchTimeout = 5 * time.Second
	// fetchInterval is how often the keys are refreshed.
	fetchInterval = 15 * time.Minute
	// unknownKeyInterval is the minimum time between two fetches because of
	// unknown keys, which anyone can cause. The first users of a new key may have
	// to wait that long.
	unknownKeyInterval = time.Second
	// maxWaiting bounds the requests that wait for a fetch, because anyone can cause
	// one. Further requests fail at once and can be retried.
	maxWaiting = 64
	// unknownTime is how long unknown keys are cached, unknownKeys how many of
	// them.
	unknownTime = 5 * time.Second
	unknownKeys = 10_000
	// maxKeySetBytes bounds the issuer's response.
	maxKeySetBytes = 1 << 20
)

// keySet holds the issuer's public keys. It starts empty if the issuer cannot be reached,
// fetches the keys again for a token with an unknown key, and never replaces good keys by a
// response without any.
type keySet struct {
	// Storage has the current keys.
	jwkset.Storage

	// remote fetches the keys before it reports a key as unknown.
	remote jwkset.Storage
	// fetch shares one fetch among all requests that miss a key.
	fetch   singleflight.Group
	fetcher *fetcher
	// waiting holds one element for each request that waits for a fetch.
	waiting chan struct{}
	// unknown has the SHA-256 of unknown key ids.
	unknown *otter.Cache[[sha256.Size]byte, struct{}]
}

func newKeySet(ctx context.Context, url string, log *slog.Logger) (*keySet, error) {
	fetcher := &fetcher{next: http.DefaultTransport}
	storage, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
		Client:                    &http.Client{Transport: fetcher},
		Ctx:                       ctx,
		HTTPTimeout:               fetchTimeout,
		RefreshInterval:           fetchInterval,
		NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler: func(ctx context.Context, err error) {
			log.WarnContext(ctx, "cannot fetch the issuer's keys", "url", url, "error", err.Error())
		},
	})
	if err != nil {
		return nil, fmt.Errorf("read the issuer's keys at %s: %w", url, err)
	}
	remote, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs:          map[string]jwkset.Storage{url: storage},
		RateLimitWaitMax:  2 * fetchTimeout,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(unknownKeyInterval), 1),
	})
	if err != nil {
		return nil, fmt.Errorf("read the issuer's keys at %s: %w", url, err)
	}
	unknown := otter.Must(&otter.Options[[sha256.Size]byte, struct{}]{
		MaximumSize: unknownKeys, ExpiryCalculator: otter.ExpiryWriting[[sha256.Size]byte, struct{}](unknownTime),
	})
	return &keySet{Storage: storage, remote: remote, fetcher: fetcher, waiting: make(chan struct{}, maxWaiting), unknown: unknown}, nil
}

// KeyRead returns the key with an id. It fails with [ErrUnavailable] if the key is unknown
// and the issuer is unavailable, or too many requests wait for a fetch.
func (k *keySet) KeyRead(ctx context.Context, id string) (jwkset.JWK, error) {
	started := k.fetcher.started.Load()
	key, err := k.Storage.KeyRead(ctx, id)
	if !errors.Is(err, jwkset.ErrKeyNotFound) {
		return key, err
	}
	digest := sha256.Sum256([]byte(id))
	if _, known := k.unknown.GetIfPresent(digest); known {
		return jwkset.JWK{}, err
	}
	select {
	case k.waiting <- struct{}{}:
		defer func() { <-k.waiting }()
	default:
		return jwkset.JWK{}, fmt.Errorf("%w: too many requests wait for them", ErrUnavailable)
	}
	// The response to a fetch in flight may have been built before the key was
	// published, so only a fetch that started later decides.
	for range 2 {
		if err := k.awaitFetch(ctx, id); err != nil {
			return jwkset.JWK{}, err
		}
		key, err = k.Storage.KeyRead(ctx, id)
		if !errors.Is(err, jwkset.ErrKeyNotFound) || k.fetcher.fetches.Load() > started {
			break
		}
	}
	switch {
	case !errors.Is(err, jwkset.ErrKeyNotFound):
		return key, err
	case k.fetcher.failing.Load():
		return jwkset.JWK{}, fmt.Errorf("%w: the issuer's keys cannot be fetched", ErrUnavailable)
	}
	k.unknown.Set(digest, struct{}{})
	return jwkset.JWK{}, err
}

// awaitFetch starts a fetch of the keys, or joins the one in flight, and waits for its end. The
// storage then has the keys, unless the fetch failed.
func (k *keySet) awaitFetch(ctx context.Context, id string) error {
	fetched := k.fetch.DoChan("", func() (any, error) {
		// Others share this fetch, so it must not end with the request that started it.
		_, err := k.remote.KeyRead(context.WithoutCancel(ctx), id)
		return nil, err
	})
	select {
	case <-fetched:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetcher fetches the keys and rejects responses without keys, because the storage replaces
// its keys by any response.
type fetcher struct {
	next http.RoundTripper
	// failing reports whether the last fetch failed.
	failing atomic.Bool
	// started counts started fetches, fetches completed ones, and failures failed ones;
	// last is the time of the last success, in Unix seconds.
	started, fetches, failures, last atomic.Int64
}

// RoundTrip implements [http.RoundTripper].
func (f *fetcher) RoundTrip(req *http.Request) (*http.Response, error) {
	f.started.Add(1)
	res, err := f.fetch(req)
	f.fetches.Add(1)
	f.failing.Store(err != nil)
	if err != nil {
		f.failures.Add(1)
	} else {
		f.last.Store(time.Now().Unix())
	}
	return res, err
}

func (f *fetcher) fetch(req *http.Request) (*http.Response, error) {
	res, err := f.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read, or not needed
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the issuer responded with status %s", res.Status)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxKeySetBytes))
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []struct {
			KeyType string `json:"kty"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("the issuer's response is not a key set: %w", err)
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("the issuer's response has no key")
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
