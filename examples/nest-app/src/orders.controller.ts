import { Body, Controller, Get, Post } from '@nestjs/common';
import { CurrentUser, Principal, RequireScope } from 'tokenjar';

@Controller('orders')
export class OrdersController {
  private readonly orders = new Map<number, string[]>();

  @Get()
  @RequireScope('orders:read')
  mine(@CurrentUser() me: Principal) {
    return { orders: this.orders.get(me.userId) ?? [], plan: me.claims.plan };
  }

  @Post()
  @RequireScope('orders:write')
  place(@CurrentUser() me: Principal, @Body('article') article: unknown) {
    const orders = [...(this.orders.get(me.userId) ?? []), String(article)];
    this.orders.set(me.userId, orders);
    return { orders };
  }
}
