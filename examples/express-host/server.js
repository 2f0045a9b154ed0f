// An Express app from before, with Tokenjar mounted on it. Plain JavaScript: what decorators do is done by hand.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { Authenticated, CurrentUser, TokenjarModule } from 'tokenjar';

const { DATABASE_URL, SECRET_KEY, PORT = '3000' } = process.env;

// The app as it was. Its routes come first, and Tokenjar does not touch them.
const site = express();
site.get('/', (_request, response) => {
  response.type('html').send('<h1>The shop</h1>');
});
site.post('/contact', express.urlencoded({ extended: false }), (request, response) => {
  response.status(201).send(`Thank you, ${request.body?.name ?? 'stranger'}.`);
});

/** What only signed-in users see. */
class OrdersController {
  mine(me) {
    return { orders: [], of: me.userId };
  }
}
const route = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'mine');
Reflect.decorate([Controller('orders'), Authenticated()], OrdersController);
Reflect.decorate([Get()], OrdersController.prototype, 'mine', route);
CurrentUser()(OrdersController.prototype, 'mine', 0);

class AppModule {}
const settings = {
  ...(DATABASE_URL && { databaseUrl: DATABASE_URL }),
  ...(SECRET_KEY && { secretKey: SECRET_KEY }),
};
Reflect.decorate(
  [Module({ imports: [TokenjarModule.forRoot(settings)], controllers: [OrdersController] })],
  AppModule,
);

const app = await NestFactory.create(AppModule, new ExpressAdapter(site), { logger: ['error', 'warn'] });
app.enableShutdownHooks(); // closes the database when the app stops
await app.listen(Number(PORT), '127.0.0.1');
console.log(await app.getUrl());
