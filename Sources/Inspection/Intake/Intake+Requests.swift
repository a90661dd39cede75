public import Linux

extension Intake {
  /// The next file for a lane; nil when none is ready. `giveBack` undoes it.
  public mutating func nextRequest(at now: Instant) -> InspectionRequest? {
    while let name = ready.removeFirst() {
      guard var candidate = candidates[name], candidate.phase == .ready, let status = candidate.status else {
        continue
      }
      candidate.phase = .requested
      candidate.isTouched = false
      candidate.attempts += 1
      candidates[name] = candidate
      return InspectionRequest(
        name: name, status: status, readiness: candidate.readiness,
        isFinal: now - candidate.restedSince >= rules.grace,
        isFinished: candidate.isClosed || candidate.isAbandoned, isAbandoned: candidate.isAbandoned,
        attempt: candidate.attempts, noticed: candidate.noticed)
    }
    return nil
  }

  /// Takes back a request that found no room; it is the next one again.
  public mutating func giveBack(_ request: InspectionRequest) {
    guard candidates[request.name]?.phase == .requested else { return }
    candidates[request.name]!.phase = .ready
    candidates[request.name]!.attempts -= 1
    ready.giveBack(request.name)
  }

  /// Takes in what became of a request.
  public mutating func finish(_ name: FileName, _ finding: InspectionFinding, at now: Instant) {
    guard let candidate = candidates[name], candidate.phase == .requested else { return }
    let wasTouched = candidate.isTouched
    candidates[name]!.isTouched = false
    candidates[name]!.isForgotten = false
    switch finding {
    case .recorded where candidate.isForgotten, .unfinished where candidate.isForgotten:
      // What was found was found before everything was to be looked at anew.
      again(name)
    case .recorded(let status):
      known.remember(name, status)
      if wasTouched { again(name) } else { candidates[name] = nil }
    case .unfinished(let status):
      known.remember(name, status)
      let time = candidate.restedSince + rules.abandon
      abandonTimes[name] = time
      deadlines.insert(DeadlineHeap.Entry(time: time, name: name))
      // An event that changed nothing, such as a late one of its writing, must not take that time away.
      if wasTouched { again(name) } else { candidates[name] = nil }
    case .gone:
      known.forget(name)
      if wasTouched { again(name) } else { candidates[name] = nil }
    case .changed:
      reportSlowWriter(name, at: now)
      candidates[name]!.mustSettle = !wasTouched
      candidates[name]!.changes += 1
      // A file that changes without ever looking different from here is not asked for without end.
      if wasTouched || candidate.changes == 0 {
        again(name)
      } else {
        retry(name, candidate.changes, first: rules.settle, longest: max(rules.settle, .seconds(5)), at: now)
      }
    case .busy:
      // A writer that never lets go is met here alone: for the folder the file looks finished.
      reportSlowWriter(name, at: now)
      if wasTouched {
        again(name)
      } else {
        retry(name, candidate.attempts, first: .milliseconds(200), longest: .seconds(5), at: now)
      }
    case .unknownWriters:
      candidates[name]!.mustSettle = true
      // It was no attempt at the content.
      candidates[name]!.attempts -= 1
      again(name)
    case .incomplete:
      if wasTouched {
        again(name)
      } else {
        retry(name, candidate.attempts, first: .milliseconds(250), longest: rules.grace, at: now)
      }
    case .failing:
      candidates[name]!.failures += 1
      if wasTouched {
        again(name)
      } else {
        retry(name, candidate.failures + 1, first: .seconds(60), longest: .seconds(3600), at: now)
      }
    }
  }

  private mutating func again(_ name: FileName) {
    candidates[name]!.phase = .noticed
    noticed.append(name)
  }

  /// Waits longer each time, but not past the moment at which a failure becomes final.
  ///
  /// - Parameter count: 1 for the first time.
  private mutating func retry(_ name: FileName, _ count: Int, first: Duration, longest: Duration, at now: Instant) {
    var pause = min(first * (1 << min(max(count - 1, 0), 12)), longest)
    let final = candidates[name]!.restedSince + rules.grace
    if final > now { pause = min(pause, final - now) }
    plan(name, at: now + pause)
  }
}
