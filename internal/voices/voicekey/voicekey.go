// Package voicekey encrypts voices in files and on servers, with a key from a file.
package voicekey

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"filippo.io/age"
)

// Key encrypts voices. It is an identity of age (https://age-encryption.org), so the program age
// can decrypt the voices too. A nil Key does not encrypt.
type Key struct {
	path string
	id   *age.X25519Identity
}

// The errors of [Key.Open].
var (
	// ErrSealed is matched by the error for encrypted data without a key.
	ErrSealed = errors.New("encrypted: expected --voices-key with its key")
	// ErrOtherKey is matched by the error for data that another key has encrypted.
	ErrOtherKey = errors.New("encrypted with another key")
	// ErrDamaged is matched by the error for encrypted data that has changed since.
	ErrDamaged = errors.New("damaged")
)

// maxKey is far above the size of a file with a key and a comment.
const maxKey = 64 << 10

// sealed is the beginning of all encrypted data.
const sealed = "age-encryption.org/v1"

// Read reads a key file. The error says what is wrong: the file does not exist, other users can
// read it, or it holds no key.
func Read(path string) (*Key, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("key %s is not there: expected the file that diarizer enroll new-key wrote", path)
	}
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("key %s can be read by others (mode %#o): expected 0600: chmod 600 it, or make a new one", path, mode)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxKey))
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	ids, err := age.ParseIdentities(bytes.NewReader(data))
	if err == nil && len(ids) == 1 {
		if id, ok := ids[0].(*age.X25519Identity); ok {
			return &Key{path, id}, nil
		}
	}
	return nil, fmt.Errorf("%s is no key: expected one line AGE-SECRET-KEY-1…, as diarizer enroll new-key and age-keygen write it", path)
}

// Make makes a key and writes it to a file that only its owner can read. It does not replace an
// existing file, because voices that are encrypted with the old key could not be read any more.
func Make(path string) error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: expected a new file, as what a key has encrypted is lost without it", path)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "# the key of voices that diarizer keeps; without it they cannot be read\n%s\n", id)
	return errors.Join(err, f.Sync(), f.Close())
}

// Sealed reports whether data is encrypted.
func Sealed(data []byte) bool { return bytes.HasPrefix(data, []byte(sealed)) }

// Path is the file of the key, empty if k is nil.
func (k *Key) Path() string {
	if k == nil {
		return ""
	}
	return k.path
}

// Seal encrypts data. It returns data as it is if k is nil.
func (k *Key) Seal(data []byte) ([]byte, error) {
	if k == nil {
		return data, nil
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, k.id.Recipient())
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

// Open decrypts data. It returns data that is not encrypted as it is. It takes at most a few times
// the size of data in memory. Errors match [ErrSealed], [ErrOtherKey] or [ErrDamaged], and are
// worded to follow "… is".
func (k *Key) Open(data []byte) ([]byte, error) {
	if !Sealed(data) {
		return data, nil
	}
	if k == nil {
		return nil, ErrSealed
	}
	r, err := age.Decrypt(bytes.NewReader(data), k.id)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return nil, fmt.Errorf("%w than %s", ErrOtherKey, k.path)
	}
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return data, nil
}
