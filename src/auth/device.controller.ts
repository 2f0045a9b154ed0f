import { Req, Res, UseGuards } from '@nestjs/common';
import { TokenjarError } from '../errors.js';
import { type Caller, From, type HttpRequest } from '../http/caller.js';
import type { DeviceSession } from '../http/device-payloads.js';
import { deviceResponseIn, deviceSessionIn, DeviceSessions } from '../http/device-sessions.js';
import { ApiController, Operation } from '../http/operation.js';
import { PROOF_LIFETIME } from '../tokens/device-proofs.js';
import type { RefreshSubject } from '../tokens/refresh-token.js';
import { DeviceBinding } from '../users/sessions/device-binding.js';
import { Presented, RefreshGuard } from './refresh.guard.js';

/** POST /token/device and /token/device/proof: what browsers ask for a session that is bound to them. */
@ApiController()
export class DeviceController {
  constructor(
    private readonly binding: DeviceBinding,
    private readonly devices: DeviceSessions,
  ) {}

  /** It sets no proof: one that waits for the first refresh could be copied with the other cookies. */
  @Operation('bindDevice')
  @UseGuards(RefreshGuard)
  async bind(
    @Presented() presented: RefreshSubject | undefined,
    @Req() request: HttpRequest,
  ): Promise<DeviceSession> {
    const sessionId = await this.binding.register(demand(presented), deviceResponseIn(request));
    return this.devices.about(sessionId, true, request);
  }

  /** Where sessions are not bound, it ends the binding that one has from before. */
  @Operation('proveDevice')
  @UseGuards(RefreshGuard)
  async prove(
    @Presented() presented: RefreshSubject | undefined,
    @From() caller: Caller,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: unknown,
  ): Promise<DeviceSession> {
    const token = demand(presented);
    const [signed, named] = [deviceResponseIn(request), deviceSessionIn(request)];
    if (!this.devices.isOn)
      return this.devices.about(await this.binding.release(token, named, caller), false, request);
    const proving = await this.binding.prove(token, signed, named, caller);
    if (proving.outcome === 'challenged') {
      this.devices.challenge(proving.challenge, proving.sessionId, response);
      throw new TokenjarError('device_proof_required');
    }
    if (proving.outcome === 'proven') this.devices.setProof(proving.proof, PROOF_LIFETIME, request, response);
    return this.devices.about(proving.sessionId, proving.outcome === 'proven', request);
  }
}

/** **Errors** `refresh_missing`. */
function demand(presented: RefreshSubject | undefined): RefreshSubject {
  if (!presented) throw new TokenjarError('refresh_missing');
  return presented;
}
