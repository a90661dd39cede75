// Tells the thread sanitizer how the libraries of Swift order what our threads do.
//
// Locking and unlocking a Mutex without contention is compiled into our code, where the sanitizer sees it. What is slow is
// in libswiftSynchronization.so, and counting references is in libswiftCore.so, which are not built with the sanitizer: a
// lock that was waited for looks like none, and so does the end of one thread's use of an array whose storage another
// thread then changes because it is the only owner left. What these guard looks like a race. This is loaded before the
// libraries and says what their functions did. It can go when the toolchain has libraries for the thread sanitizer.
//
// Source: swift, stdlib/public/Synchronization/Mutex/LinuxImpl.swift, stdlib/public/runtime/HeapObject.cpp and
// SwiftObject.mm (bits of a bridge object); tsan_interface.h of LLVM.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self

// The function of the library that this one stands before; looked up once.
#define ORIGINAL(type, name) \
  static type original;                                          \
  type function = __atomic_load_n(&original, __ATOMIC_RELAXED);  \
  if (!function) {                                               \
    function = (type)dlsym(RTLD_NEXT, name);                     \
    __atomic_store_n(&original, function, __ATOMIC_RELAXED);     \
  }

// Absent in programs without the sanitizer, such as the shells between a test and its daemon.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

// MARK: Mutex

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef void (*Lock)(uint32_t thread, SELF) SWIFT;
typedef bool (*TryLock)(SELF) SWIFT;
typedef void (*Unlock)(SELF) SWIFT;

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF) {
  ORIGINAL(Lock, LOCK)
  function(thread, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT bool try_lock_slow(SELF) {
  ORIGINAL(TryLock, TRY_LOCK)
  bool is_locked = function(self);
  if (is_locked && __tsan_acquire) __tsan_acquire(self);
  return is_locked;
}

SWIFT void unlock_slow(SELF) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF) {
  ORIGINAL(Unlock, UNLOCK)
  if (__tsan_release) __tsan_release(self);
  function(self);
}

// MARK: References

typedef void (*Release)(uintptr_t object);
typedef void (*ReleaseMany)(uintptr_t object, uint32_t count);
typedef bool (*IsUnique)(uintptr_t object);

// Giving a reference up ends this thread's use of the object; whoever gives up the last one also frees it.
static void note_release(uintptr_t object) {
  // What is negative is no object that is counted.
  if (!__tsan_acquire || (intptr_t)object <= 0) return;
  __tsan_release((void *)object);
  __tsan_acquire((void *)object);
}

// A bridge object has bits of its own around the address.
static uintptr_t address_of(uintptr_t object) {
  return (intptr_t)object < 0 ? 0 : object & 0x00fffffffffffff8;
}

void swift_release(uintptr_t object) {
  ORIGINAL(Release, "swift_release")
  note_release(object);
  function(object);
}

void swift_release_n(uintptr_t object, uint32_t count) {
  ORIGINAL(ReleaseMany, "swift_release_n")
  note_release(object);
  function(object, count);
}

void swift_bridgeObjectRelease(uintptr_t object) {
  ORIGINAL(Release, "swift_bridgeObjectRelease")
  note_release(address_of(object));
  function(object);
}

void swift_bridgeObjectRelease_n(uintptr_t object, uint32_t count) {
  ORIGINAL(ReleaseMany, "swift_bridgeObjectRelease_n")
  note_release(address_of(object));
  function(object, count);
}

// Who is the only owner may change what others have used before.
bool swift_isUniquelyReferenced_native(uintptr_t object) {
  ORIGINAL(IsUnique, "swift_isUniquelyReferenced_native")
  bool is_unique = function(object);
  if (is_unique && __tsan_acquire) __tsan_acquire((void *)object);
  return is_unique;
}

bool swift_isUniquelyReferenced_nonNull_native(uintptr_t object) {
  ORIGINAL(IsUnique, "swift_isUniquelyReferenced_nonNull_native")
  bool is_unique = function(object);
  if (is_unique && __tsan_acquire) __tsan_acquire((void *)object);
  return is_unique;
}
